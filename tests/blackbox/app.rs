//! How the browser app is served: from a folder that stands for what its build leaves.

use crate::both;
use crate::support::server::Home;
use crate::support::*;
use reqwest::header::HeaderMap;
use std::fs;
use std::path::Path;

both! {
    served_as_it_was_built,
    addresses_of_the_app,
    what_browsers_are_told,
}

const SCRIPT: &str = "assets/index-Cf3a91.js";

struct App {
    server: Server,
    http: reqwest::Client,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl App {
    async fn start(engine: Engine) -> Self {
        let mut home = Home::new(engine);
        let dist = home.path().join("dist");
        build(&dist);
        home.set("TEAMFLOW__SERVER__APP_DIR", dist.to_str().unwrap());
        Self { server: Server::start_in(home).await, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("http://{}{path}", self.server.address()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        Answer { status, headers, body: reply.bytes().await.unwrap().to_vec() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[]).await
    }
}

/// What a build leaves, in small.
fn build(dist: &Path) {
    fs::create_dir_all(dist.join("assets")).unwrap();
    for (name, text) in [
        ("index.html", "<!doctype html><title>TeamFlow</title>"),
        ("sw.js", "self.skipWaiting()"),
        ("manifest.webmanifest", "{}"),
        ("icon.svg", "<svg/>"),
        (SCRIPT, "plain script"),
        ("assets/inter-x1.woff2", "a font"),
    ] {
        fs::write(dist.join(name), text).unwrap();
    }
    fs::write(dist.join(format!("{SCRIPT}.br")), "brotli").unwrap();
    fs::write(dist.join(format!("{SCRIPT}.gz")), "gzip").unwrap();
}

/// Each file in the best coding that the client takes, with a tag of its own, and not again where it is known.
async fn served_as_it_was_built(engine: Engine) {
    let app = App::start(engine).await;
    let script = format!("/{SCRIPT}");
    for (accepted, coding, body) in [
        ("gzip, deflate, br", "br", "brotli"),
        ("gzip", "gzip", "gzip"),
        ("br;q=0, gzip", "gzip", "gzip"),
        ("identity", "", "plain script"),
    ] {
        let answer = app.send("GET", &script, &[("accept-encoding", accepted)]).await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, coding), "{accepted}");
        assert_eq!(String::from_utf8(answer.body.clone()).unwrap(), body);
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(answer.headers.get_all("vary").iter().any(|name| name == "Accept-Encoding"));
        let tag = answer.header("etag").to_owned();
        let again = [("accept-encoding", accepted), ("if-none-match", tag.as_str())];
        let known = app.send("GET", &script, &again).await;
        assert_eq!((known.status, known.header("etag"), known.body.len()), (304, tag.as_str(), 0));
    }
    let plain = app.get(&script).await;
    let other = [("accept-encoding", "br"), ("if-none-match", plain.header("etag"))];
    assert_eq!(app.send("GET", &script, &other).await.status, 200, "another coding is another thing");
    let head = app.send("HEAD", &script, &[]).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "12", 0));
    assert_eq!(app.send("POST", &script, &[]).await.status, 404);
    for (path, content_type) in [
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icon.svg", "image/svg+xml"),
        ("/index.html", "text/html; charset=utf-8"),
    ] {
        let answer = app.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, content_type));
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
    }
    assert_eq!(app.get("/assets/inter-x1.woff2").await.header("content-type"), "font/woff2");
}

/// Whatever is no file and not the server's own is an address of the app, which finds its page there.
async fn addresses_of_the_app(engine: Engine) {
    let app = App::start(engine).await;
    let page = app.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    for path in ["/sign-in", "/boards/0192/tasks/7?view=list", "/a/very/deep/link", "/apiary", "/boards/%D9%86"] {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status, &answer.body, answer.header("cache-control")),
            (200, &page.body, "no-cache"),
            "{path}"
        );
    }
    for path in [
        "/assets/gone-1.js",
        "/assets/",
        "/favicon.ico",
        "/assets/../../secrets.txt",
        "/..%2fteamflow.db",
        "/api",
        "/api/v2/boards",
        "/api/v1/nothing",
        "/health/nothing",
        "/metrics/nothing",
        "/docs/nothing.js",
        "/ws/nothing",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    for path in ["/api/v1/openapi.json", "/health/live", "/metrics", "/docs/"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    // A bad folder is refused at the start, by name.
    let mut home = Home::new(engine);
    home.set("TEAMFLOW__SERVER__APP_DIR", "nowhere");
    let refused = home.run(&["serve"]);
    let printed = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && printed.contains("server.app_dir"), "{printed}");
}

/// The app runs nothing that did not come with it, and nobody frames it.
async fn what_browsers_are_told(engine: Engine) {
    let app = App::start(engine).await;
    for path in ["/", "/boards/1", "/sw.js", "/assets/gone-1.js"] {
        let answer = app.get(path).await;
        let policy = answer.header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.split("; ").any(|part| part == rule), "{path}: {rule} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(answer.header("permissions-policy").contains("camera=()"));
    }
    assert!(app.get("/docs/").await.header("content-security-policy").contains("style-src 'self' 'unsafe-inline'"));
}
