// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// skynet: ten children a node, a million leaves, one unbuffered channel a node; from cold.
func skynet() {
	most := scaled(1_000_000, 10)
	leaves := int64(10)
	for leaves*10 <= most {
		leaves *= 10
	}
	top := make(chan int64)
	begin := time.Now()
	go node(top, 0, leaves)
	sum := <-top
	report("skynet", milliseconds(time.Since(begin)), "ms")
	check(sum == leaves*(leaves-1)/2, "skynet: sum")
}

func node(parent chan<- int64, number, leaves int64) {
	if leaves == 1 {
		parent <- number
		return
	}
	results := make(chan int64)
	leaves /= 10
	for i := int64(0); i < 10; i++ {
		go node(results, number+i*leaves, leaves)
	}
	sum := int64(0)
	for i := 0; i < 10; i++ {
		sum += <-results
	}
	parent <- sum
}

// parked: a million goroutines wait on one channel; each is then woken by a value of its own.
func parked() {
	n := scaled(1_000_000, 1000)
	c := make(chan int64)
	var arrived, left sync.WaitGroup
	before := residentBytes()
	begin := time.Now()
	for i := int64(0); i < n; i++ {
		arrived.Add(1)
		left.Add(1)
		go func() {
			arrived.Done()
			<-c
			left.Done()
		}()
	}
	arrived.Wait()
	report("parked_create", perOp(time.Since(begin), n), "ns")

	awaitWaiting(n)
	report("parked_bytes", float64(residentBytes()-before)/float64(n), "bytes")

	begin = time.Now()
	for i := int64(0); i < n; i++ {
		c <- i
	}
	left.Wait()
	report("parked_wake", perOp(time.Since(begin), n), "ns")
}

// Go 1.26 counts goroutines by state. Without that count, one goroutine a worker may still be
// between its Done and its receive, which moves none of the three figures.
func awaitWaiting(n int64) {
	sample := []metrics.Sample{{Name: "/sched/goroutines/waiting:goroutines"}}
	for {
		metrics.Read(sample)
		if sample[0].Value.Kind() != metrics.KindUint64 || int64(sample[0].Value.Uint64()) >= n {
			return
		}
		runtime.Gosched()
	}
}

// Resident set and page tables of the process.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/status")
	check(err == nil, "/proc/self/status")
	sum := int64(0)
	for _, line := range strings.Split(string(text), "\n") {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			sum += kib * 1024
		}
		if _, err := fmt.Sscanf(line, "VmPTE: %d kB", &kib); err == nil {
			sum += kib * 1024
		}
	}
	return sum
}

// sleepers: a million goroutines each sleep once, for 1 to 1000 ms.
func sleepers() {
	n := scaled(1_000_000, 1000)
	var all sync.WaitGroup
	begin := time.Now()
	cpu := cpuTime()
	for i := int64(0); i < n; i++ {
		all.Add(1)
		go sleeper(&all, time.Duration(1+i%1000)*time.Millisecond)
	}
	all.Wait()
	report("sleepers_wall", milliseconds(time.Since(begin)), "ms")
	report("sleepers_cpu", milliseconds(cpuTime()-cpu), "ms")
}

func sleeper(all *sync.WaitGroup, d time.Duration) {
	time.Sleep(d)
	all.Done()
}

func cpuTime() time.Duration {
	var use syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &use) == nil, "getrusage")
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// latency: an endless loop on every worker, and how late a sleeper of 1 ms is beside them. Go
// preempts the loops by a signal.
func latency() {
	var spinning atomic.Int32
	var stop atomic.Bool
	var all sync.WaitGroup
	n := min(300, scaled(300, 10))
	for i := 0; i < workers; i++ {
		all.Add(1)
		go func() {
			spinning.Add(1)
			for turns := uint64(0); !stop.Load(); turns++ {
			}
			all.Done()
		}()
	}
	for int(spinning.Load()) < workers {
		time.Sleep(time.Millisecond)
	}

	late := make([]time.Duration, n)
	for i := range late {
		begin := time.Now()
		time.Sleep(time.Millisecond)
		late[i] = time.Since(begin) - time.Millisecond
	}
	stop.Store(true)
	all.Wait()

	sort.Slice(late, func(i, j int) bool { return late[i] < late[j] })
	check(late[0] >= 0, "latency: never too early")
	report("latency_p50", float64(late[n/2].Nanoseconds())/1e3, "us")
	report("latency_p99", float64(late[n*99/100].Nanoseconds())/1e3, "us")
}
