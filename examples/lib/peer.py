# SPDX-License-Identifier: MIT
"""peer.py AT_ONCE: an HTTP server of bad and odd answers, for tests of clients. It ends by SIGTERM.

    /together   answered when AT_ONCE such requests are there at once, or have been before; "too
                many" from then on if ever there were more
    /ANSWER     one of ANSWERS below, as it is; then the connection is closed
    /never      no answer at all

Prints "refused on M, listening on port N": nobody listens on M, and nobody else can.
"""
import socket
import sys
import threading

ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
    "to-the-end": b"HTTP/1.0 200 OK\r\n\r\nas long as it is",
    "continued": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
    "?query": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
    "cut-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30\r\nabc",
    "cut-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "nonsense": b"SSH-2.0-whatever\r\n",
    "nothing": b"",
}

at_once = int(sys.argv[1])
lock = threading.Condition()
present = most = 0


def together():
    global present, most
    with lock:
        present += 1
        most = max(most, present)
        lock.notify_all()
        lock.wait_for(lambda: most >= at_once)
        status = b"500 too many" if most > at_once else b"200 OK"
        present -= 1
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"


def serve(conn):
    with conn:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = conn.recv(4096)
            if not piece:
                return
            request += piece
        name = request.split()[1].decode().split("/", 1)[1]
        if name == "never":
            conn.recv(1)
        elif name == "together":
            conn.sendall(together())
        else:
            conn.sendall(ANSWERS[name])


listener = socket.create_server(("127.0.0.1", 0), backlog=200)
refused = socket.socket()
refused.bind(("127.0.0.1", 0)) # but does not listen
print(f"refused on {refused.getsockname()[1]}, listening on port {listener.getsockname()[1]}",
      flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
