// SPDX-License-Identifier: MIT

//! The echo server in Tokio, on its multi-threaded runtime: `peer --workers N` listens on a free
//! port of 127.0.0.1, prints it, and serves until it is killed. Its load is bench/echo/load.c.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const BUFFER: usize = 512;

async fn serve(mut c: TcpStream) {
    let mut buf = vec![0u8; BUFFER];
    while let Ok(n) = c.read(&mut buf).await {
        if n == 0 || c.write_all(&buf[..n]).await.is_err() {
            return;
        }
    }
}

async fn accept_all() -> std::io::Result<()> {
    let l = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", l.local_addr()?.port());
    loop {
        let (c, _) = l.accept().await?;
        c.set_nodelay(true)?;
        tokio::spawn(serve(c));
    }
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let workers = match args.as_slice() {
        [_, option, n] if option == "--workers" => n.parse().expect("a number of workers"),
        _ => panic!("usage: peer --workers N"),
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_io()
        .build()?
        .block_on(async { tokio::spawn(accept_all()).await? })
}
