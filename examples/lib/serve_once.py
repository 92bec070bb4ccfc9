# SPDX-License-Identifier: MIT
"""serve_once.py SOCKET FILE: serves one client of the unix socket: sends it the file, and then no more,
and writes what it sends to stdout, to its end. (nc -l ends when the client has said all, though
it has not itself.) Status 1: cut off."""
import os
import shutil
import socket
import sys
import threading

path, file = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path + ".new")
listener.listen()
os.rename(path + ".new", path) # who sees it may connect
conn = listener.accept()[0]


def send():
    try:
        with open(file, "rb") as source:
            while piece := source.read(65536):
                conn.sendall(piece)
        conn.shutdown(socket.SHUT_WR)
    except OSError:
        os._exit(1)


threading.Thread(target=send).start()
try:
    shutil.copyfileobj(conn.makefile("rb", buffering=0), sys.stdout.buffer, 65536)
except OSError:
    os._exit(1)
