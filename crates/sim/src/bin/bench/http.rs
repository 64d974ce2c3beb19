//! As little HTTP/1.1 as a load generator needs: one kept connection, one request at a time.
//!
//! Both cores of a small machine are busy with the server and its database; what the client burns is missing there. So
//! this is to the server what `pgbench` is to PostgreSQL.

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::accounts::Account;

/// A connection that speaks for one account.
pub(crate) struct Connection {
    stream: TcpStream,
    head: String,
    who: String,
    request: Vec<u8>,
    reply: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: &str, account: &Account) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let who = format!(
            "Host: {address}\r\nAuthorization: Bearer {}\r\nHoldfast-Protocol: 1\r\nHoldfast-Account: {}\r\n",
            account.token, account.id,
        );
        let head = format!("POST /v1/sync/push HTTP/1.1\r\n{who}Content-Type: application/json\r\nContent-Length: ");
        Ok(Self { stream, head, who, request: Vec::new(), reply: Vec::new() })
    }

    /// Sends a push and reads the whole reply; fails unless every one of its operations was applied.
    pub(crate) async fn push(&mut self, body: &[u8], operations: usize) -> Result<()> {
        self.request.clear();
        self.request.extend_from_slice(self.head.as_bytes());
        self.request.extend_from_slice(format!("{}\r\n\r\n", body.len()).as_bytes());
        self.request.extend_from_slice(body);
        self.stream.write_all(&self.request).await?;
        let reply = self.read_reply().await?;
        let applied = count(reply, br#""outcome":"applied""#);
        if applied != operations {
            let shown: String = String::from_utf8_lossy(reply).chars().take(600).collect();
            bail!("{applied} of {operations} operations were applied: {shown}");
        }
        Ok(())
    }

    /// Asks for a page and reads the whole reply.
    pub(crate) async fn get(&mut self, path: &str) -> Result<&[u8]> {
        let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", self.who);
        self.stream.write_all(request.as_bytes()).await?;
        self.read_reply().await
    }

    async fn read_reply(&mut self) -> Result<&[u8]> {
        self.reply.clear();
        let head = loop {
            if let Some(end) = find(&self.reply, b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more().await?;
        };
        let text = std::str::from_utf8(&self.reply[..head])?;
        let ok = text.starts_with("HTTP/1.1 200 ");
        let length = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse::<usize>().ok());
        let length = length.with_context(|| format!("a reply of unknown length: {text}"))?;
        while self.reply.len() < head + length {
            self.read_more().await?;
        }
        let body = &self.reply[head..head + length];
        if !ok {
            bail!(
                "the server refused: {}{}",
                String::from_utf8_lossy(&self.reply[..head]),
                String::from_utf8_lossy(body)
            );
        }
        Ok(body)
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.reply).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn find(text: &[u8], words: &[u8]) -> Option<usize> {
    text.windows(words.len()).position(|window| window == words)
}

fn count(text: &[u8], words: &[u8]) -> usize {
    let mut rest = text;
    let mut found = 0;
    // Jumps from quote to quote instead of comparing at every byte: replies to batches are long.
    while let Some(quote) = rest.iter().position(|&b| b == words[0]) {
        rest = &rest[quote..];
        if rest.starts_with(words) {
            found += 1;
            rest = &rest[words.len()..];
        } else {
            rest = &rest[1..];
        }
    }
    found
}
