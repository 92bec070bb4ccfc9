// SPDX-License-Identifier: MIT

// The Go side of the benchmark: one binary, `peer FIGURE --workers N [--scale F]`, prints the
// same lines as the C driver of that name. Only the standard library; the garbage collector and
// everything else as they come. Each figure is written the way a Go programmer would write it,
// with the same number of coroutines, channels, values and operations as its C driver.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

var (
	workers int
	scale   float64
)

var figures = map[string]func(){
	"yield":      yield,
	"spawn":      spawn,
	"rendezvous": rendezvous,
	"stream":     stream,
	"mpmc":       mpmc,
	"select":     selects,
	"skynet":     skynet,
	"parked":     parked,
	"sleepers":   sleepers,
	"mutex":      mutex,
	"sieve":      sieve,
	"latency":    latency,
	"dial":       dial,
	"echo":       echo,
	"http":       hello,
}

func main() {
	flags := flag.NewFlagSet("peer FIGURE", flag.ExitOnError)
	flags.IntVar(&workers, "workers", 1, "GOMAXPROCS")
	flags.Float64Var(&scale, "scale", 1, "share of the work")
	if len(os.Args) < 2 || figures[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: peer FIGURE --workers N [--scale F]")
		os.Exit(1)
	}
	flags.Parse(os.Args[2:])
	runtime.GOMAXPROCS(workers)
	figures[os.Args[1]]()
}

func scaled(n, least int64) int64 {
	return max(least, int64(float64(n)*scale))
}

func report(figure string, value float64, unit string) {
	fmt.Printf("%s %.4g %s\n", figure, value, unit)
}

func check(right bool, what string) {
	if !right {
		fmt.Fprintf(os.Stderr, "bench: %s: does not hold\n", what)
		os.Exit(1)
	}
}

func perOp(d time.Duration, ops int64) float64 {
	return float64(d.Nanoseconds()) / float64(ops)
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Nanoseconds()) / 1e6
}

// A figure of a steady state: once with a tenth of the operations, thrown away, then in full.
func steady(figure string, measure func(n int, ops int64) float64, n int, ops int64) {
	full := scaled(ops, 10*int64(n))
	measure(n, max(int64(n), full/10))
	report(figure, measure(n, full), "ns")
}

// A gate keeps creation and first run out of the measured time, as struct bench_gate does.
type gate struct {
	arrived, opened, left sync.WaitGroup
}

func newGate(n int) *gate {
	g := &gate{}
	g.arrived.Add(n)
	g.opened.Add(1)
	g.left.Add(n)
	return g
}

func (g *gate) arrive() {
	g.arrived.Done()
	g.opened.Wait()
}

func (g *gate) leave() { g.left.Done() }

func (g *gate) open() time.Time {
	g.arrived.Wait()
	now := time.Now()
	g.opened.Done()
	return now
}

func (g *gate) wait() { g.left.Wait() }
