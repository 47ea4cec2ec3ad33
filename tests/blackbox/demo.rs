//! The demonstration: places with simulated colleagues, who are clients like any other, and guests.

use crate::both;
use crate::support::rest::names_field;
use crate::support::server::Home;
use crate::support::world::Population;
use crate::support::*;
use std::collections::BTreeSet;
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";
const TASKS: usize = 40;
const CREWS_MAX: usize = 20;

both! {
    colleagues_work_while_somebody_looks,
    colleagues_leave_alone_what_people_hold,
    crews_are_bounded,
    guests_share_a_board,
    guests_are_for_servers_that_show_it,
    a_demonstration_outlives_a_restart,
}

fn showing(engine: Engine) -> Home {
    let mut home = Home::new(engine);
    home.set("TEAMFLOW__DEMO__ENABLED", "on");
    home
}

async fn sign_up(rest: &Rest, name: &str) -> (String, String) {
    let account = json!({"email": format!("{name}@example.com"), "password": PASSWORD, "name": name});
    let signed_up = rest.post("/auth/signup", "", account).await.ok(201);
    (text(&signed_up, "access_token").to_owned(), text(&signed_up["user"], "id").to_owned())
}

async fn board_of(rest: &Rest, place: &Value, token: &str) -> Value {
    rest.get(&format!("/boards/{}", text(place, "board_id")), token).await.ok(200)
}

fn room_of(place: &Value) -> String {
    format!("board:{}", text(place, "board_id"))
}

/// Comes to a board once its colleagues are there; who they are.
async fn arrive(server: &Server, token: &str, me: &str, room: &str) -> (Client, Replica, BTreeSet<String>) {
    let mut client = Client::connect(&server.address(), token).await;
    let mut subscribed = client.subscribe(room).await;
    let others = |subscribed: &Value| -> BTreeSet<String> {
        let ids = list(subscribed, "presence").iter().map(|one| text(&one["user"], "id").to_owned());
        ids.filter(|id| id != me).collect()
    };
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while others(&subscribed).len() < 4 {
        assert!(tokio::time::Instant::now() < deadline, "the colleagues never came: {}", subscribed["presence"]);
        sleep_ms(100).await;
        subscribed = client.subscribe(room).await;
    }
    let colleagues = others(&subscribed);
    (client, Replica::new(&subscribed), colleagues)
}

async fn colleagues_work_while_somebody_looks(engine: Engine) {
    let server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    let (token, me) = sign_up(&rest, "ada").await;
    let place = rest.post("/demo", &token, json!({"locale": "fa"})).await.ok(201);
    let board = board_of(&rest, &place, &token).await;
    let (columns, tasks) = (list(&board["snapshot"], "columns"), list(&board["snapshot"], "tasks"));
    assert_eq!((columns.len(), tasks.len(), text(&columns[0], "name")), (5, TASKS, "برای انجام"));
    assert!(tasks.iter().any(|task| !list(task, "label_ids").is_empty() && task["due_date"].is_string()));
    let members = rest.pages(&format!("/workspaces/{}/members", text(&place, "workspace_id")), &token).await;
    assert_eq!(members.len(), 5);
    assert!(members.iter().any(|member| member["user_id"] == json!(me) && member["role"] == "owner"));

    // Nobody is looking: nothing happens.
    sleep_ms(3_500).await;
    assert_eq!(board_of(&rest, &place, &token).await["seq"], board["seq"]);

    let room = room_of(&place);
    let (mut client, mut replica, colleagues) = arrive(&server, &token, &me, &room).await;
    let dragged = client.update(&room, |update| update["state"]["activity"] == "dragging").await;
    assert!(dragged["state"]["cursor"].is_array() && dragged["state"]["task_id"].is_string(), "{dragged}");
    let mut actors = BTreeSet::new();
    let deadline = tokio::time::Instant::now() + PATIENCE * 2;
    while actors.len() < 3 {
        assert!(tokio::time::Instant::now() < deadline, "only {actors:?} have done something");
        let event = client.event(&room).await;
        actors.insert(text(&event, "actor_id").to_owned());
        replica.apply_all(&[event]);
    }
    assert!(actors.is_subset(&colleagues), "{actors:?} are not of {colleagues:?}");

    // A second click finds the same place.
    assert_eq!(rest.post("/demo", &token, json!({"locale": "fa"})).await.ok(200), place);
    let (stranger, _) = sign_up(&rest, "eve").await;
    rest.get(&format!("/boards/{}", text(&place, "board_id")), &stranger).await.refused(404, "NOT_FOUND");

    // Nobody is looking any more.
    client.close().await;
    sleep_ms(2_500).await;
    let before = board_of(&rest, &place, &token).await;
    sleep_ms(3_500).await;
    assert_eq!(board_of(&rest, &place, &token).await["seq"], before["seq"]);
    for (body, field) in [(json!({"locale": "de"}), "locale"), (json!({"size": 3}), "size")] {
        let error = rest.post("/demo", &token, body).await.refused(400, "VALIDATION_ERROR");
        assert!(names_field(&error, field), "{error}");
    }
    rest.post("/demo", "", json!({})).await.refused(401, "UNAUTHORIZED");
}

/// On a board of two cards the one that is held stays where it is.
async fn colleagues_leave_alone_what_people_hold(engine: Engine) {
    let server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    let (token, me) = sign_up(&rest, "ada").await;
    let place = rest.post("/demo", &token, json!({})).await.ok(201);
    let board = board_of(&rest, &place, &token).await;
    let tasks: Vec<_> = list(&board["snapshot"], "tasks").iter().map(|task| text(task, "id").to_owned()).collect();
    let held = &tasks[0];
    let delete = |id: &String| json!({"op_id": new_id(), "kind": "task.delete", "task_id": id});
    let ops = json!({"ops": tasks[2..].iter().map(delete).collect::<Vec<_>>(), "atomic": true});
    rest.post(&format!("/boards/{}/ops", text(&place, "board_id")), &token, ops).await.ok(200);

    let room = room_of(&place);
    let mut client = Client::connect(&server.address(), &token).await;
    client.subscribe(&room).await;
    let holding = json!({"task_id": held, "activity": "dragging", "cursor": [0.5, 0.5]});
    client.send(&json!({"type": "presence", "room": room, "state": holding})).await;
    // What was begun before it was known may still come.
    client.listen(2_000).await;
    client.take_events(&room);
    let mut seen = 0;
    while seen < 4 {
        let event = client.event(&room).await;
        assert_ne!(event["actor_id"], json!(me));
        assert_ne!(event["data"]["task_id"], json!(held), "{event}");
        seen += 1;
    }
}

async fn crews_are_bounded(engine: Engine) {
    let population = Population { users: CREWS_MAX + 1, workspaces: 1, boards: 1, tasks: 1, token_ttl: "24h" };
    let world = World::populated(engine, population).await;
    for person in &world.people[..CREWS_MAX] {
        world.rest.post("/demo", &person.token, json!({"locale": "en"})).await.ok(201);
    }
    let last = &world.people[CREWS_MAX];
    let error = world.rest.post("/demo", &last.token, json!({})).await.refused(429, "RATE_LIMIT_EXCEEDED");
    assert!(int(&error, "retry_after_ms") > 0);
    let workspaces = world.rest.pages("/workspaces", &last.token).await;
    assert_eq!(workspaces.len(), 1, "nothing was made: {workspaces:?}");
    // Who has one comes back to it.
    world.rest.post("/demo", &world.people[0].token, json!({"locale": "en"})).await.ok(200);
}

async fn guests_share_a_board(engine: Engine) {
    let mut server = Server::start_in(showing(engine)).await;
    let rest = Rest::new(&server.address());
    let about = rest.get("/about", "").await.ok(200);
    assert_eq!((&about["demo"], &about["sign_up"]), (&json!(true), &json!(true)));
    assert!(!text(&about, "version").is_empty());
    let one = rest.post("/auth/demo", "", json!({"locale": "en"})).await.ok(201);
    let other = rest.post("/auth/demo", "", json!({})).await.ok(201);
    let persian = rest.post("/auth/demo", "", json!({"locale": "fa"})).await.ok(201);
    assert_eq!(one["board_id"], other["board_id"]);
    assert_ne!(one["board_id"], persian["board_id"]);
    assert_ne!(one["user"]["id"], other["user"]["id"]);
    assert_eq!((&one["user"]["locale"], &persian["user"]["locale"]), (&json!("en"), &json!("fa")));
    assert_eq!((&one["workspaces"][0]["role"], &one["token_type"]), (&json!("member"), &json!("Bearer")));

    let token = text(&one, "access_token");
    let room = room_of(&one);
    let (mut client, _, colleagues) = arrive(&server, token, text(&one["user"], "id"), &room).await;
    assert!(colleagues.contains(text(&client.event(&room).await, "actor_id")));
    let task =
        rest.post(&format!("/boards/{}/tasks", text(&one, "board_id")), token, json!({"title": "By a guest"})).await;
    task.ok(201);
    let renewed = rest.post("/auth/refresh", "", json!({"refresh_token": one["refresh_token"]})).await;
    renewed.ok(200);

    let reply = rest.post("/auth/demo", "", json!({"cookie": true})).await;
    assert!(reply.header("set-cookie").is_some_and(|cookie| cookie.contains("HttpOnly")));
    assert!(reply.ok(201).get("refresh_token").is_none());
    let login = json!({"email": one["user"]["email"], "password": ""});
    rest.post("/auth/login", "", login).await.refused(401, "UNAUTHORIZED");
    let error = rest.post("/auth/demo", "", json!({"locale": "xx"})).await.refused(400, "VALIDATION_ERROR");
    assert!(names_field(&error, "locale"));

    // The first who signs up is still the first.
    let first = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"});
    assert_eq!(rest.post("/auth/signup", "", first).await.ok(201)["user"]["is_system_admin"], json!(true));
    drop(client);
    server.terminate();
    assert_eq!(server.wait_for_exit(Duration::from_secs(20)).await, Some(0));
}

async fn guests_are_for_servers_that_show_it(engine: Engine) {
    let server = Server::start(engine).await;
    let rest = Rest::new(&server.address());
    assert_eq!(rest.get("/about", "").await.ok(200)["demo"], json!(false));
    rest.post("/auth/demo", "", json!({})).await.refused(404, "NOT_FOUND");

    let mut home = showing(engine);
    home.set("TEAMFLOW_RATE_LIMITS", "on");
    let server = Server::start_in(home).await;
    let rest = Rest::new(&server.address());
    // Ten at once; where the machine is slow some are due again meanwhile.
    for count in 0..40 {
        let reply = rest.post("/auth/demo", "", json!({})).await;
        if reply.status != 201 {
            assert!(count >= 10, "{}", reply.text);
            let error = reply.refused(429, "RATE_LIMIT_EXCEEDED");
            assert!(int(&error, "retry_after_ms") > 0);
            return;
        }
    }
    panic!("guests are not limited");
}

async fn a_demonstration_outlives_a_restart(engine: Engine) {
    let mut server = Server::start_in(showing(engine)).await;
    let rest = Rest::new(&server.address());
    let before = rest.post("/auth/demo", "", json!({})).await.ok(201);
    server.kill();
    server.restart().await;
    let after = rest.post("/auth/demo", "", json!({})).await.ok(201);
    assert_eq!(before["board_id"], after["board_id"]);
    let (token, me) = (text(&before, "access_token"), text(&before["user"], "id"));
    let (mut client, _, colleagues) = arrive(&server, token, me, &room_of(&before)).await;
    assert!(colleagues.contains(text(&client.event(&room_of(&before)).await, "actor_id")));
}
