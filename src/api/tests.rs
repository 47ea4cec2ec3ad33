//! REST from the outside: a request in, an answer out, with a real database, real actors, and no network.

mod bad_input;
mod boards;
mod flow;
mod guests;
mod outside;
mod rights;

use super::{ApiConfig, App, Assets, Limits, configure, front};
use crate::auth::{Auth, Device, Passwords, Signup, Tokens};
use crate::cluster::Bus;
use crate::domain::email::Email;
use crate::domain::ids::UserId;
use crate::domain::text::Name;
use crate::live::{Live, LiveConfig, Membership};
use crate::store::{Step, Store, StoreConfig};
use actix_http::Request;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{Error, web};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use std::time::Duration;

/// A node without sockets, and its database.
struct Node {
    app: web::Data<App>,
    _dir: tempfile::TempDir,
}

/// Somebody who is signed in.
struct Person {
    id: UserId,
    email: String,
    token: String,
}

/// What came back.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    fn field(&self) -> &str {
        self.body["error"]["details"][0]["field"].as_str().unwrap_or_default()
    }

    fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {} {}", self.status, self.body)).to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Node {
    async fn start() -> Self {
        Self::with(false, ApiConfig { development: true, demo: true, ..ApiConfig::default() }).await
    }

    async fn with(limits: bool, config: ApiConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("test.db").display());
        let store = Store::open(StoreConfig::new(url)).await.unwrap();
        store.migrate(Step::Up).await.unwrap();
        let membership = Membership::enter(&store, "test", Bus::alone()).await.unwrap();
        let live_config = LiveConfig { prefix: "test".into(), idle: Duration::from_secs(300), rates: false };
        let live = Live::start(store.clone(), store.committer(), live_config, membership);
        live.add_hub();
        let tokens = Tokens::new(&"a".repeat(32), &"b".repeat(32));
        let auth = Auth::new(store.clone(), tokens, Passwords::new(4).unwrap(), true);
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let app = App::new(store, live, auth, Limits::new(limits), config, Assets::default(), metrics);
        Self { app: web::Data::new(app), _dir: dir }
    }

    async fn service(&self) -> impl Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> {
        init_service(actix_web::App::new().app_data(self.app.clone()).configure(configure).wrap(from_fn(front))).await
    }

    async fn person(&self, name: &str) -> Person {
        let email = format!("{}@example.org", name.to_lowercase());
        let signup = Signup {
            email: Email::new(&email).unwrap(),
            name: Name::new(name).unwrap(),
            password: "correct horse battery".into(),
        };
        let signed_in = self.app.auth.signup(signup, Device::default()).await.unwrap();
        Person { id: signed_in.user.id, email, token: signed_in.access_token }
    }

    /// A request with headers; paths without a slash in front are below `/api/v1/`.
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Reply {
        let service = self.service().await;
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        let mut request = TestRequest::with_uri(&path).method(method).insert_header(("host", "localhost:8080"));
        for header in headers {
            request = request.insert_header(*header);
        }
        if let Some(body) = body {
            request = request.insert_header(("content-type", "application/json")).set_payload(body);
        }
        let response = service.call(request.to_request()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response).await;
        Reply { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    async fn as_(&self, person: &Person, method: Method, path: &str, body: Option<Value>) -> Reply {
        let bearer = format!("Bearer {}", person.token);
        let body = body.map(|body| body.to_string().into_bytes());
        self.send(method, path, &[("authorization", &bearer)], body).await
    }

    async fn get(&self, person: &Person, path: &str) -> Reply {
        self.as_(person, Method::GET, path, None).await
    }

    async fn post(&self, person: &Person, path: &str, body: Value) -> Reply {
        self.as_(person, Method::POST, path, Some(body)).await
    }

    async fn patch(&self, person: &Person, path: &str, body: Value) -> Reply {
        self.as_(person, Method::PATCH, path, Some(body)).await
    }

    async fn delete(&self, person: &Person, path: &str) -> Reply {
        self.as_(person, Method::DELETE, path, None).await
    }
}

/// A workspace with one project and its board.
struct Place {
    workspace: String,
    project: String,
    board: String,
    /// The board's columns, from left to right.
    columns: Vec<String>,
}

impl Place {
    async fn of(node: &Node, owner: &Person) -> Self {
        let workspace = node.post(owner, "workspaces", json!({"name": "Acme"})).await.id();
        let project = node.post(owner, &format!("workspaces/{workspace}/projects"), json!({"name": "Website"})).await;
        let board = project.body["board_id"].as_str().unwrap().to_owned();
        let snapshot = node.get(owner, &format!("boards/{board}")).await;
        let columns = snapshot.body["snapshot"]["columns"].as_array().unwrap();
        let columns = columns.iter().map(|column| column["id"].as_str().unwrap().to_owned()).collect();
        Self { workspace, project: project.id(), board, columns }
    }

    async fn add(&self, node: &Node, owner: &Person, person: &Person, role: &str) {
        let body = json!({"email": person.email, "role": role});
        let reply = node.post(owner, &format!("workspaces/{}/members", self.workspace), body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
    }

    async fn task(&self, node: &Node, person: &Person, title: &str) -> String {
        node.post(person, &format!("boards/{}/tasks", self.board), json!({"title": title})).await.id()
    }
}
