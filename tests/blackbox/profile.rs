//! What somebody changes of oneself, one's sign-ins, and what operators see of boards.

use crate::both;
use crate::support::rest::names_field;
use crate::support::*;

const PASSWORD: &str = "correct horse battery";

both! {
    a_profile_is_changed_and_told,
    a_profile_has_bounds,
    sign_ins_are_listed_and_ended,
    operators_see_the_boards,
}

async fn a_profile_is_changed_and_told(engine: Engine) {
    let world = World::start(engine).await;
    let ada = world.member(0);
    let room = format!("workspace:{}", world.workspace());
    let mut other = world.connect(world.owner()).await;
    other.subscribe(&room).await;
    let avatar = "data:image/png;base64,iVBORw0KGgo=";
    let changes = json!({"name": "آدا لاولیس", "avatar": avatar, "locale": "fa", "timezone": "asia/tehran"});
    let me = world.rest.patch("/auth/me", &ada.token, changes).await.ok(200);
    let user = &me["user"];
    assert_eq!((&user["name"], &user["avatar"]), (&json!("آدا لاولیس"), &json!(avatar)));
    assert_eq!((&user["locale"], &user["timezone"]), (&json!("fa"), &json!("Asia/Tehran")));
    assert_eq!(world.rest.get("/auth/me", &ada.token).await.ok(200), me);
    let event = other.event(&room).await;
    assert_eq!((&event["kind"], &event["actor_id"]), (&json!("member.updated"), &json!(ada.id)));
    let told = json!({"workspace_id": world.workspace(), "user_id": ada.id, "name": "آدا لاولیس", "role": "member"});
    assert_eq!(event["data"], told);
    let members = world.rest.pages(&format!("/workspaces/{}/members", world.workspace()), &ada.token).await;
    let shown = members.iter().find(|member| member["user_id"] == json!(ada.id)).unwrap();
    assert_eq!((&shown["name"], &shown["avatar"]), (&json!("آدا لاولیس"), &json!(avatar)));

    // What is left out stays; null takes the picture away; what nobody else sees is told to nobody.
    let me = world.rest.patch("/auth/me", &ada.token, json!({"locale": "en"})).await.ok(200);
    assert_eq!((&me["user"]["locale"], &me["user"]["name"]), (&json!("en"), &json!("آدا لاولیس")));
    let me = world.rest.patch("/auth/me", &ada.token, json!({"avatar": null})).await.ok(200);
    assert_eq!(me["user"]["avatar"], json!(null));
    world.rest.patch("/auth/me", &ada.token, json!({})).await.ok(200);
    let event = other.event(&room).await;
    assert_eq!(event["kind"], "member.updated", "of the picture");
    assert!(!other.listen(300).await || other.take_events(&room).is_empty());
}

async fn a_profile_has_bounds(engine: Engine) {
    let world = World::start(engine).await;
    let token = &world.owner().token;
    let before = world.rest.get("/auth/me", token).await.ok(200);
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("name", json!("a\u{0}")),
        ("name", json!(null)),
        ("avatar", json!("https://example.org/ada.png")),
        ("avatar", json!("data:image/svg+xml;base64,PHN2Zz4=")),
        ("avatar", json!("data:image/png;base64,<script>")),
        ("avatar", json!("data:image/png;base64,")),
        ("avatar", json!(format!("data:image/png;base64,{}", "A".repeat(20_000)))),
        ("locale", json!("de")),
        ("locale", json!(null)),
        ("timezone", json!("Mars/Olympus")),
        ("timezone", json!("../../etc/passwd")),
        ("timezone", json!("")),
        ("email", json!("other@example.org")),
        ("is_system_admin", json!(true)),
    ] {
        let reply = world.rest.patch("/auth/me", token, json!({ field: value })).await;
        let error = reply.refused(400, "VALIDATION_ERROR");
        assert!(names_field(&error, field), "{field}: {error}");
    }
    world.rest.patch("/auth/me", "", json!({"name": "Nobody"})).await.refused(401, "UNAUTHORIZED");
    assert_eq!(world.rest.get("/auth/me", token).await.ok(200), before);
}

async fn sign_ins_are_listed_and_ended(engine: Engine) {
    let server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    let account = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"});
    let here = rest.post("/auth/signup", "", account.clone()).await.ok(201);
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    let agent = [("user-agent", "A browser/1.0")];
    let there = rest.call("POST", "/auth/login", "", &agent, &login).await.ok(200);
    let stranger = json!({"email": "eve@example.com", "password": PASSWORD, "name": "Eve"});
    let stranger = rest.post("/auth/signup", "", stranger).await.ok(201);
    let (here, there, stranger) = (&here, text(&there, "access_token").to_owned(), text(&stranger, "access_token"));
    let mine = text(here, "access_token");

    let listed = rest.pages("/auth/sessions?limit=1", mine).await;
    assert_eq!(listed.len(), 2, "{listed:?}");
    let current: Vec<_> = listed.iter().map(|one| one["is_current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false]);
    let other = &listed[1];
    assert_eq!((&other["user_agent"], &other["ip"]), (&json!("A browser/1.0"), &json!("127.0.0.1")));
    assert!(
        text(other, "created_at") <= text(other, "last_used_at")
            && text(other, "expires_at") > text(other, "created_at")
    );
    let path = format!("/auth/sessions/{}", text(other, "id"));

    rest.delete(&path, stranger).await.refused(404, "NOT_FOUND");
    rest.delete("/auth/sessions/nonsense", mine).await.refused(404, "NOT_FOUND");
    rest.delete(&path, "").await.refused(401, "UNAUTHORIZED");
    let mut socket = Client::connect(&server.address(), &there).await;
    assert_eq!(rest.delete(&path, mine).await.status, 204);
    assert_eq!(socket.closed(PATIENCE).await, 4401);
    rest.get("/auth/me", &there).await.refused(401, "UNAUTHORIZED");
    rest.delete(&path, mine).await.refused(404, "NOT_FOUND");
    assert_eq!(rest.pages("/auth/sessions", mine).await.len(), 1);

    // One's own ends like any other.
    let path = format!("/auth/sessions/{}", text(&listed[0], "id"));
    assert_eq!(rest.delete(&path, mine).await.status, 204);
    rest.get("/auth/sessions", mine).await.refused(401, "UNAUTHORIZED");
    let spent = json!({"refresh_token": here["refresh_token"]});
    rest.post("/auth/refresh", "", spent).await.refused(401, "UNAUTHORIZED");
}

async fn operators_see_the_boards(engine: Engine) {
    let world = World::start(engine).await;
    world.rest.get("/cluster/boards", &world.member(0).token).await.refused(403, "FORBIDDEN");
    world.rest.get("/cluster/boards", "").await.refused(401, "UNAUTHORIZED");
    world.server.home.run_ok(&["admin", "grant", &world.owner().email]);
    let admin = &world.owner().token;
    let (mut one, _) = world.follow(world.owner()).await;
    let (two, _) = world.follow(world.member(0)).await;
    world.new_task(&mut one, "Seen by an operator").await;
    let listed = world.rest.pages("/cluster/boards?limit=1", admin).await;
    let board = listed.iter().find(|board| board["board_id"] == json!(world.board().id)).expect("it is at hand");
    assert_eq!((int(board, "seq"), int(board, "subscribers")), (1, 2), "{board}");
    assert_eq!(board["workspace_id"], json!(world.workspace()));
    assert!(int(board, "epoch") >= 1 && !text(board, "node_id").is_empty() && !text(board, "name").is_empty());
    drop(two);
    until("who left is counted no more", async || {
        let listed = world.rest.pages("/cluster/boards", admin).await;
        listed.iter().any(|board| board["board_id"] == json!(world.board().id) && int(board, "subscribers") == 1)
    })
    .await;
    world.rest.get("/cluster/boards?limit=0", admin).await.refused(400, "VALIDATION_ERROR");
}
