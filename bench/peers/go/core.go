// SPDX-License-Identifier: MIT

package main

import (
	"runtime"
	"sync"
	"time"
)

// yield: n goroutines give way in turn. Gosched puts the caller into Go's global queue.
func yield() {
	steady("yield_2", measureYield, 2, 10_000_000)
	steady("yield_1000", measureYield, 1000, 10_000_000)
	steady("yield_10000", measureYield, 10_000, 10_000_000)
}

func measureYield(n int, ops int64) float64 {
	each := ops / int64(n)
	g := newGate(n)
	for i := 0; i < n; i++ {
		go func() {
			g.arrive()
			for j := int64(0); j < each; j++ {
				runtime.Gosched()
			}
			g.leave()
		}()
	}
	begin := g.open()
	g.wait()
	return perOp(time.Since(begin), each*int64(n))
}

// spawn: a goroutine's whole life, in batches of a thousand, counted by a wait group.
func spawn() {
	steady("spawn_exit", measureSpawn, 1000, 3_000_000)
}

func leaf(all *sync.WaitGroup) { all.Done() }

func measureSpawn(batch int, ops int64) float64 {
	var all sync.WaitGroup
	rounds := ops / int64(batch)
	begin := time.Now()
	for r := int64(0); r < rounds; r++ {
		for i := 0; i < batch; i++ {
			all.Add(1)
			go leaf(&all)
		}
		all.Wait()
	}
	return perOp(time.Since(begin), rounds*int64(batch))
}

// mutex: n goroutines, one sync.Mutex (which lets newcomers in before waiters for up to 1 ms).
func mutex() {
	steady("mutex_1000", measureMutex, 1000, 10_000_000)
}

func measureMutex(n int, ops int64) float64 {
	var mu sync.Mutex
	var counter int64
	each := ops / int64(n)
	g := newGate(n)
	for i := 0; i < n; i++ {
		go func() {
			g.arrive()
			for j := int64(0); j < each; j++ {
				mu.Lock()
				counter++
				mu.Unlock()
			}
			g.leave()
		}()
	}
	begin := g.open()
	g.wait()
	took := time.Since(begin)
	check(counter == each*int64(n), "mutex: counter")
	return perOp(took, counter)
}
