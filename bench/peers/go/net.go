// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	echoBuffer  = 512
	dialClients = 16
	dialMessage = 64
)

func listen() net.Listener {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(err == nil, "listen")
	return l
}

// Serves until it is killed; its load is bench/echo/load.c.
func echo() {
	l := listen()
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	for {
		c, err := l.Accept()
		check(err == nil, "accept")
		go func() {
			defer c.Close()
			buf := make([]byte, echoBuffer)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if _, err = c.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
	}
}

// Serves until it is killed; its load is wrk (bench/http).
func hello() {
	l := listen()
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "hello, world\n")
	})
	check(http.Serve(l, nil) == nil, "serve")
}

func answer(c net.Conn) {
	buf := make([]byte, dialMessage)
	n, err := c.Read(buf)
	check(err == nil && n == dialMessage, "read")
	n, err = c.Write(buf)
	check(err == nil && n == dialMessage, "write")
	_, err = c.Read(buf)
	check(err == io.EOF, "it closes first")
	c.Close()
}

func dialAll(address string, cycles int64, left *sync.WaitGroup) {
	buf := make([]byte, dialMessage)
	for i := int64(0); i < cycles; i++ {
		buf[0] = byte(i)
		c, err := net.Dial("tcp4", address)
		check(err == nil, "dial")
		n, err := c.Write(buf)
		check(err == nil && n == dialMessage, "write")
		n, err = c.Read(buf)
		check(err == nil && n == dialMessage && buf[0] == byte(i), "read")
		c.Close()
	}
	left.Done()
}

func dial() {
	l := listen()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answer(c)
		}
	}()
	cycles := func(ops int64) float64 {
		var left sync.WaitGroup
		left.Add(dialClients)
		began := time.Now()
		for i := 0; i < dialClients; i++ {
			go dialAll(l.Addr().String(), ops/dialClients, &left)
		}
		left.Wait()
		return perOp(time.Since(began), ops/dialClients*dialClients)
	}
	ops := scaled(40000, dialClients)
	cycles(max(dialClients, ops/10))
	cpu := cpuTime()
	report("dial", cycles(ops), "ns")
	report("dial_cpu", perOp(cpuTime()-cpu, ops), "ns")
	l.Close()
}
