//! Guests of the demonstration (`serve --demo`): signed in without a form, few enough, and cleaned up after.

use super::App;
use super::account::{device, signed_in_answer, workspaces_of};
use super::demo::{full, shared};
use super::error::{ApiError, ApiResult};
use super::extract::Body;
use super::member::take_away;
use super::workspace::delete_all;
use crate::auth::now;
use crate::demo::Stay;
use crate::demo::script::{COLLEAGUES, cast, guest_name};
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::locale::Locale;
use crate::domain::permission::Role;
use crate::domain::time::Moment;
use crate::protocol::code::Code;
use crate::protocol::frame::Room;
use crate::protocol::rest::demo::{DemoPlace, GuestLogin, GuestTokens};
use crate::store::queries::{guest as rows, workspace};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use std::time::Duration;

/// At once, over all nodes.
const GUESTS_MAX: i64 = 200;
/// A guest who has not been seen for so long has gone.
const IDLE_MS: i64 = 2 * 3_600 * 1_000;
const SWEPT_AT_ONCE: i64 = 100;
/// A shared board with so many events is worn out, and is made anew once nobody looks at it.
const EVENTS_MAX: i64 = 2_000;
const KEEP_EVERY: Duration = Duration::from_secs(30);
/// Cleaning up comes with every so many looks at the crews.
const SWEEP_EVERY: u32 = 20;

/// Signs a guest in, into the demonstration that all guests share.   `POST /api/v1/auth/demo`
///
/// # Errors
/// `NOT_FOUND` 404 where the node shows none; `RATE_LIMIT_EXCEEDED` 429 where too many are here.
pub async fn login(app: web::Data<App>, request: HttpRequest, body: Body) -> ApiResult<HttpResponse> {
    if !app.config.demo {
        return Err(ApiError::not_found("the demonstration"));
    }
    let body: GuestLogin = body.json_or_default()?;
    let locale = body.locale.unwrap_or(Locale::En);
    make_room(&app).await?;
    let place = shared(&app, locale).await?;
    attend(&app, place, locale);
    let name = guest_name(locale, rand::random_range(1_000..10_000));
    let signed_in = app.auth.visit(name, locale, device(&app, &request, body.cookie)).await?;
    join(&app, place.workspace_id, signed_in.user.id, &signed_in.user.name).await?;
    let workspaces = workspaces_of(&app, &signed_in.user).await?;
    let in_answer = |tokens| GuestTokens { tokens, board_id: place.board_id };
    Ok(signed_in_answer(&app, &request, StatusCode::CREATED, signed_in, Some(workspaces), body.cookie, in_answer))
}

async fn make_room(app: &App) -> ApiResult<()> {
    let count = async || app.store.read(async |mut c| rows::count(&mut c).await).await;
    if count().await? < GUESTS_MAX {
        return Ok(());
    }
    sweep(app, now()).await?;
    if count().await? < GUESTS_MAX {
        return Ok(());
    }
    Err(full("guests"))
}

async fn join(app: &App, id: WorkspaceId, user: UserId, name: &str) -> ApiResult<()> {
    let add = async move |c: &mut _| workspace::add_member(c, id, user, Role::Member, now()).await;
    app.store.write(async move |mut c| c.tx(add).await).await?;
    app.live.access_changed(id).await;
    let data = json!({"workspace_id": id, "user_id": user, "name": name, "role": Role::Member});
    app.announce(&[Room::Workspace(id)], "member.added", user, data);
    Ok(())
}

/// Sees to it that colleagues are at work.
fn attend(app: &App, place: DemoPlace, locale: Locale) {
    // Such crews are not counted.
    let _ = app.demo.crews.start(place.board_id, locale, Stay::Always);
}

/// Keeps the demonstration going until the node ends: the places of all languages, their crews, and the guests.
pub async fn keep_demo(app: web::Data<App>) {
    for turn in 0_u32.. {
        if turn % SWEEP_EVERY == 0
            && let Err(error) = sweep(&app, now()).await
        {
            tracing::warn!(?error, "guests could not be cleaned up after; it is tried again");
        }
        for locale in Locale::ALL {
            if let Err(error) = keep(&app, locale).await {
                tracing::warn!(?error, "the demonstration is not ready; it is tried again");
            }
        }
        actix_web::rt::time::sleep(KEEP_EVERY).await;
    }
}

async fn keep(app: &App, locale: Locale) -> ApiResult<()> {
    let place = shared(app, locale).await?;
    let head = app.store.head(place.board_id).await?.map_or(0, |head| head.head);
    if head < EVENTS_MAX {
        attend(app, place, locale);
        return Ok(());
    }
    let sessions = app.live.sessions_by_board().await;
    if sessions.get(&place.board_id).is_none_or(|count| *count <= COLLEAGUES) {
        let [owner, ..] = cast(locale);
        delete_all(app, owner.id, place.workspace_id).await?;
    }
    Ok(())
}

/// Cleans up after guests who have gone: what they made for themselves is deleted, and nobody is signed in as them.
///
/// # Errors
/// Where the database is away.
pub async fn sweep(app: &App, at: Moment) -> ApiResult<()> {
    let since = at.plus_millis(-IDLE_MS);
    let gone = app.store.read(async move |mut c| rows::idle(&mut c, since, SWEPT_AT_ONCE).await).await?;
    for user in gone {
        clean_up_after(app, user, at).await?;
    }
    Ok(())
}

async fn clean_up_after(app: &App, user: UserId, at: Moment) -> ApiResult<()> {
    let theirs = async move |mut c| workspace::of_user(&mut c, user, None, i64::MAX).await;
    for (row, _) in app.store.read(theirs).await? {
        let done = match row.created_by == user {
            true => delete_all(app, user, row.id).await,
            false => take_away(app, user, row.id, user, true).await,
        };
        match done {
            // Another node was faster, or somebody has made the guest a last owner, who stays.
            Err(error) if matches!(error.code(), Code::NotFound | Code::Conflict) => {}
            done => done?,
        }
    }
    app.store.write(async move |mut c| rows::disable(&mut c, user, at).await).await?;
    Ok(app.auth.end_user(user).await?)
}
