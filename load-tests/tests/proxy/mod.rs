//! A proxy between the load and a real server that tampers with one session's events, and lets all else through.

use load_tests::ws::frame::{self, Opcode};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A frame of events never arrives.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives after the next one.
    Reorder,
    /// It arrives with another content.
    Alter,
}

/// The frame of events of the second WebSocket that is tampered with.
const FRAME: usize = 5;

/// Listens for as long as the test runs; answers where.
pub fn start(server: SocketAddr, fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let upgrades = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, upgrades) = (client.unwrap(), upgrades.clone());
            let server = TcpStream::connect(server).unwrap();
            let (to_server, from_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || copy(from_client, to_server));
            std::thread::spawn(move || answers(server, client, fault, &upgrades));
        }
    });
    address
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    // Ends with either of the two.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

fn answers(mut server: TcpStream, mut client: TcpStream, fault: Fault, upgrades: &AtomicUsize) {
    let mut kept = Vec::new();
    let mut part = [0; 16 * 1024];
    // Of a WebSocket: frames of events so far, and one that waits for the next.
    let mut events: Option<usize> = None;
    let mut is_tampered_with = false;
    let mut held: Option<Vec<u8>> = None;
    while let Ok(size @ 1..) = server.read(&mut part) {
        kept.extend_from_slice(&part[..size]);
        if events.is_none() {
            let head = kept.windows(4).position(|four| four == b"\r\n\r\n");
            let is_upgrade = kept.starts_with(b"HTTP/1.1 101");
            if !is_upgrade || head.is_none() {
                if client.write_all(&std::mem::take(&mut kept)).is_err() {
                    break;
                }
                continue;
            }
            is_tampered_with = upgrades.fetch_add(1, Ordering::Relaxed) == 1;
            events = Some(0);
            client.write_all(&kept[..head.unwrap() + 4]).unwrap();
            kept.drain(..head.unwrap() + 4);
        }
        while let Ok(Some(frame)) = frame::read(&kept) {
            let is_event = frame.opcode == Opcode::Text && frame.payload.starts_with(br#"{"type":"events""#);
            let size = frame.size;
            let bytes: Vec<u8> = kept.drain(..size).collect();
            let count = events.insert(events.unwrap_or(0) + usize::from(is_event));
            let is_it = is_tampered_with && is_event && *count == FRAME;
            let sent = match fault {
                Fault::Drop if is_it => Ok(()),
                Fault::Duplicate if is_it => client.write_all(&bytes).and_then(|()| client.write_all(&bytes)),
                Fault::Reorder if is_it => {
                    held = Some(bytes);
                    Ok(())
                }
                Fault::Alter if is_it => client.write_all(&altered(bytes)),
                _ => client.write_all(&bytes),
            };
            if is_event
                && *count > FRAME
                && let Some(held) = held.take()
            {
                client.write_all(&held).unwrap();
            }
            if sent.is_err() {
                return;
            }
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

/// Of the same length, and an event still.
fn altered(mut bytes: Vec<u8>) -> Vec<u8> {
    let at = bytes.windows(8).position(|eight| eight == br#""rank":""#).unwrap() + 8;
    bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
    bytes
}
