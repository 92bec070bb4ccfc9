// SPDX-License-Identifier: MIT

package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// rendezvous: there and back through two channels without a buffer.
func rendezvous() {
	steady("rendezvous", measureRendezvous, 1, 1_000_000)
}

func pong(in <-chan int64, out chan<- int64) {
	for v := range in {
		out <- v + 1
	}
	close(out)
}

func measureRendezvous(_ int, ops int64) float64 {
	there, back := make(chan int64), make(chan int64)
	go pong(there, back)
	v := int64(0)
	begin := time.Now()
	for i := int64(0); i < ops; i++ {
		there <- v
		v = <-back
	}
	took := time.Since(begin)
	check(v == ops, "rendezvous: count")
	close(there)
	<-back
	return perOp(took, ops)
}

// stream: one producer, one consumer, a channel of 128.
func stream() {
	steady("stream_128", measureStream, 1, 10_000_000)
}

func measureStream(_ int, ops int64) float64 {
	c := make(chan int64, 128)
	begin := time.Now()
	go func() {
		for i := int64(0); i < ops; i++ {
			c <- i
		}
		close(c)
	}()
	sum := int64(0)
	for v := range c {
		sum += v
	}
	took := time.Since(begin)
	check(sum == ops*(ops-1)/2, "stream: sum")
	return perOp(took, ops)
}

// mpmc: n producers and n consumers on one channel of 128, closed when the producers are done.
func mpmc() {
	steady("mpmc_4x4", measureMPMC, 4, 10_000_000)
	steady("mpmc_100x100", measureMPMC, 100, 10_000_000)
}

func measureMPMC(n int, ops int64) float64 {
	var producers sync.WaitGroup
	var total atomic.Int64
	c := make(chan int64, 128)
	items := ops / int64(n)
	g := newGate(2 * n)
	producers.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			g.arrive()
			for j := int64(0); j < items; j++ {
				c <- j
			}
			producers.Done()
			g.leave()
		}()
		go func() {
			g.arrive()
			sum := int64(0)
			for v := range c {
				sum += v
			}
			total.Add(sum)
			g.leave()
		}()
	}
	begin := g.open()
	producers.Wait()
	close(c)
	g.wait()
	took := time.Since(begin)
	check(total.Load() == int64(n)*(items*(items-1)/2), "mpmc: sum")
	return perOp(took, items*int64(n))
}

// select: one goroutine selects over 2 or 8 channels without a buffer, each with a producer.
func selects() {
	steady("select_2", measureSelect, 2, 2_000_000)
	steady("select_8", measureSelect, 8, 1_000_000)
}

func measureSelect(n int, ops int64) float64 {
	var c [8]chan int64
	items := ops / int64(n)
	g := newGate(n)
	for i := 0; i < n; i++ {
		out := make(chan int64)
		c[i] = out
		go func() {
			g.arrive()
			for j := int64(0); j < items; j++ {
				out <- j
			}
			g.leave()
		}()
	}
	begin := g.open()
	var sum int64
	if n == 2 {
		sum = receive2(c[0], c[1], items*2)
	} else {
		sum = receive8(c, items*8)
	}
	took := time.Since(begin)
	check(sum == int64(n)*(items*(items-1)/2), "select: sum")
	g.wait()
	return perOp(took, items*int64(n))
}

func receive2(a, b <-chan int64, items int64) int64 {
	sum := int64(0)
	for i := int64(0); i < items; i++ {
		select {
		case v := <-a:
			sum += v
		case v := <-b:
			sum += v
		}
	}
	return sum
}

func receive8(c [8]chan int64, items int64) int64 {
	sum := int64(0)
	for i := int64(0); i < items; i++ {
		select {
		case v := <-c[0]:
			sum += v
		case v := <-c[1]:
			sum += v
		case v := <-c[2]:
			sum += v
		case v := <-c[3]:
			sum += v
		case v := <-c[4]:
			sum += v
		case v := <-c[5]:
			sum += v
		case v := <-c[6]:
			sum += v
		case v := <-c[7]:
			sum += v
		}
	}
	return sum
}

// sieve: a chain of filters, until the 2000th prime comes out; what is left ends with the process.
func sieve() {
	known := map[int64]int{20: 71, 200: 1223, 2000: 17389}
	n := scaled(2000, 2)
	begin := time.Now()
	in := make(chan int)
	go generate(in)
	prime := 0
	for i := int64(0); i < n; i++ {
		prime = <-in
		out := make(chan int)
		go filter(in, out, prime)
		in = out
	}
	report("sieve_2000", milliseconds(time.Since(begin)), "ms")
	last, listed := known[n]
	check(!listed || prime == last, "sieve: prime")
}

func generate(out chan<- int) {
	for i := 2; ; i++ {
		out <- i
	}
}

func filter(in <-chan int, out chan<- int, prime int) {
	for v := range in {
		if v%prime != 0 {
			out <- v
		}
	}
}
