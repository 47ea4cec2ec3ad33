//! A REST client that knows the error envelope and nothing of what the server is made of.

use super::{PATIENCE, Value};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};

/// Requests to one server.
#[derive(Clone)]
pub struct Rest {
    base: String,
    http: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null where the body is not JSON.
    pub body: Value,
}

impl Rest {
    pub fn new(address: &str) -> Self {
        let http = Client::builder().no_proxy().timeout(PATIENCE * 2).build().unwrap();
        Self { base: format!("http://{address}"), http }
    }

    /// Any request. A path that does not begin with `/health`, `/metrics`, `/docs` or `/api` is under `/api/v1`.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Reply, reqwest::Error> {
        let outside = ["/health", "/metrics", "/docs", "/api"].iter().any(|prefix| path.starts_with(prefix));
        let prefix = if outside { "" } else { "/api/v1" };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{prefix}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let reply = request.send().await?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let text = reply.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Reply { status, headers, text, body })
    }

    /// A request with a token, headers and a JSON body; an empty token is none, a null body is none.
    pub async fn call(&self, method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut all = headers.to_vec();
        if !token.is_empty() {
            all.push(("authorization", &bearer));
        }
        let body = (!body.is_null()).then(|| serde_json::to_vec(body).unwrap());
        self.send(method, path, &all, body).await.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    pub async fn get(&self, path: &str, token: &str) -> Reply {
        self.call("GET", path, token, &[], &Value::Null).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call("POST", path, token, &[], &body).await
    }

    pub async fn patch(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call("PATCH", path, token, &[], &body).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Reply {
        self.call("DELETE", path, token, &[], &Value::Null).await
    }

    /// All pages of a list.
    pub async fn pages(&self, path: &str, token: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = path.to_owned();
        loop {
            let page = self.get(&next, token).await.ok(200);
            items.extend(super::list(&page, "items").iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else { return items };
            let join = if path.contains('?') { '&' } else { '?' };
            next = format!("{path}{join}cursor={}", encoded(cursor));
        }
    }
}

impl Reply {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// The error object of an answer that must be this refusal, in the envelope of protocol section 5.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{}", self.text);
        let error = self.body["error"].clone();
        let message = super::text(&error, "message");
        assert!(!message.is_empty(), "{error}");
        assert!(error["request_id"].is_string(), "no request_id in {error}");
        error
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Whether the `details` of an error name this field.
pub fn names_field(error: &Value, field: &str) -> bool {
    error["details"].as_array().is_some_and(|details| details.iter().any(|detail| detail["field"] == field))
}

/// Percent-encodes all but letters and digits.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
