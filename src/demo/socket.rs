//! A WebSocket to a node, as a program opens one.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};

const OPEN_WITHIN: Duration = Duration::from_secs(5);

/// One session.
pub struct Socket {
    wire: WebSocketStream<TcpStream>,
    next_id: i64,
}

impl Socket {
    /// `None` where the node does not let it in.
    pub async fn open(address: SocketAddr, token: &str) -> Option<Self> {
        match tokio::time::timeout(OPEN_WITHIN, Self::try_open(address, token)).await {
            Ok(Ok(socket)) => Some(socket),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a simulated colleague was not let in");
                None
            }
            Err(_) => None,
        }
    }

    async fn try_open(address: SocketAddr, token: &str) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/api/v1/ws").into_client_request()?;
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}"))?);
        let stream = TcpStream::connect(address).await?;
        let (wire, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Self { wire, next_id: 1 })
    }

    /// Sends a frame, with an `id` of its own. Whether the connection is still there.
    pub async fn send(&mut self, mut frame: Map<String, Value>) -> bool {
        frame.insert("id".to_owned(), self.next_id.into());
        self.next_id += 1;
        self.wire.send(Message::text(Value::Object(frame).to_string())).await.is_ok()
    }

    /// The next frame; `None` where the connection has ended. Waiting for it may be given up and begun again.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            match self.wire.next().await? {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).ok(),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}
