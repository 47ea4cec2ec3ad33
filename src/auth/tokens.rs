//! Access tokens (signed, short-lived) and refresh tokens (opaque, stored only as a keyed hash).

use super::Identity;
use crate::domain::ids::{FamilyId, UserId};
use crate::domain::time::Moment;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::sync::Arc;

/// How long an access token lives, in milliseconds.
pub const ACCESS_LIFE_MS: i64 = 15 * 60 * 1_000;
/// How long a refresh token lives, in milliseconds.
pub const REFRESH_LIFE_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// The same where the user asked to be remembered.
pub const REMEMBERED_LIFE_MS: i64 = 30 * 24 * 3_600 * 1_000;

const ISSUER: &str = "teamflow";
const AUDIENCE: &str = "teamflow-api";
const ACCESS: &str = "access";
/// How far two clocks may differ, in seconds.
const LEEWAY_S: u64 = 5;
const REFRESH_BYTES: usize = 32;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<FamilyId>,
    typ: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Signs and verifies tokens; holds the two secrets. Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Keys>);

struct Keys {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    refresh_secret: Box<[u8]>,
}

/// A refresh token in clear. It has no `Debug`, so that it can't get into a log.
pub struct RefreshToken([u8; REFRESH_BYTES]);

impl RefreshToken {
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// `None` where it can't be one of ours.
    pub fn from_text(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl Tokens {
    pub fn new(jwt_secret: &str, refresh_secret: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        Self(Arc::new(Keys {
            signing: EncodingKey::from_secret(jwt_secret.as_bytes()),
            verifying: DecodingKey::from_secret(jwt_secret.as_bytes()),
            validation,
            refresh_secret: refresh_secret.as_bytes().into(),
        }))
    }

    /// An access token of `user` that ends `life_ms` after `now`, cut to whole seconds. One without a family can't
    /// be revoked but with its user.
    ///
    /// # Errors
    /// Where signing fails, which is a defect.
    pub fn sign(
        &self,
        user: UserId,
        family: Option<FamilyId>,
        now: Moment,
        life_ms: i64,
    ) -> Result<(String, Moment), jsonwebtoken::errors::Error> {
        let issued = now.micros().div_euclid(1_000_000);
        let expires = now.plus_millis(life_ms).micros().div_euclid(1_000_000);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: family,
            typ: ACCESS.to_owned(),
            iat: issued,
            nbf: issued,
            exp: expires,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.0.signing)?;
        Ok((token, Moment::from_micros(expires.saturating_mul(1_000_000))))
    }

    /// Who an access token speaks for, by its signature and times alone; `None` where it is not good.
    pub fn verify(&self, token: &str) -> Option<Identity> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.0.verifying, &self.0.validation).ok()?.claims;
        (claims.typ == ACCESS).then(|| Identity {
            user_id: claims.sub,
            family: claims.sid,
            expires_at: Moment::from_micros(claims.exp.saturating_mul(1_000_000)),
        })
    }

    /// The first refresh token of a family.
    pub fn fresh(&self) -> RefreshToken {
        RefreshToken(rand::random())
    }

    /// The one token that may follow `token`. It is derived, so that a twin request gets the same one although no
    /// token is stored in clear.
    pub fn successor(&self, token: &RefreshToken) -> RefreshToken {
        RefreshToken(self.keyed(b"successor", token))
    }

    /// What is stored of a refresh token.
    pub fn hash(&self, token: &RefreshToken) -> Vec<u8> {
        self.keyed(b"stored", token).to_vec()
    }

    fn keyed(&self, purpose: &[u8], token: &RefreshToken) -> [u8; REFRESH_BYTES] {
        // HMAC takes a key of any length: the error can't happen, and an empty key would still be one.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0.refresh_secret)
            .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        mac.update(purpose);
        mac.update(&token.0);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::now;
    use serde_json::{Value, json};
    use uuid::Uuid;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn tokens() -> Tokens {
        Tokens::new(SECRET, "fedcba9876543210fedcba9876543210")
    }

    fn forged(header: &Header, change: impl FnOnce(&mut Value), secret: &str) -> String {
        let at = now().micros() / 1_000_000;
        let mut claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": Uuid::nil(), "typ": ACCESS, "iat": at,
            "nbf": at, "exp": at + 60});
        change(&mut claims);
        jsonwebtoken::encode(header, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    }

    #[test]
    fn a_signed_token_is_read_back() {
        let (user, family) = (UserId(Uuid::now_v7()), FamilyId(Uuid::now_v7()));
        let (token, expires_at) = tokens().sign(user, Some(family), now(), ACCESS_LIFE_MS).unwrap();
        let identity = tokens().verify(&token).unwrap();
        assert_eq!((identity.user_id, identity.family, identity.expires_at), (user, Some(family), expires_at));
    }

    #[test]
    fn what_is_not_good_is_refused() {
        let header = Header::new(Algorithm::HS256);
        assert!(tokens().verify(&forged(&header, |_| (), SECRET)).is_some());
        assert!(tokens().verify(&forged(&header, |_| (), "another secret, also of 32 chars!")).is_none());
        assert!(tokens().verify(&forged(&Header::new(Algorithm::HS384), |_| (), SECRET)).is_none());
        for claim in ["iss", "aud", "sub", "typ", "iat", "nbf", "exp"] {
            let without = forged(&header, |c| drop(c.as_object_mut().unwrap().remove(claim)), SECRET);
            assert!(tokens().verify(&without).is_none(), "without {claim}");
        }
        let at = now().micros() / 1_000_000;
        for (claim, value) in [
            ("iss", json!("other")),
            ("aud", json!("other")),
            ("typ", json!("refresh")),
            ("exp", json!(at - 6)),
            ("exp", json!("9999999999")),
            ("nbf", json!(at + 30)),
        ] {
            let wrong = forged(&header, |c| c[claim] = value.clone(), SECRET);
            assert!(tokens().verify(&wrong).is_none(), "{claim} {value}");
        }
        for text in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert!(tokens().verify(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_refresh_token_has_one_successor_and_a_keyed_hash() {
        let token = tokens().fresh();
        let again = RefreshToken::from_text(&token.text()).unwrap();
        assert_eq!(tokens().successor(&token).text(), tokens().successor(&again).text());
        assert_ne!(tokens().hash(&token), tokens().hash(&tokens().successor(&token)));
        assert_ne!(tokens().hash(&token), Tokens::new(SECRET, SECRET).hash(&token));
        assert!(RefreshToken::from_text("short").is_none());
    }
}
