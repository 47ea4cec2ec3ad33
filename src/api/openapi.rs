//! The OpenAPI document, made from the table of routes and the types of their bodies.

use super::routes::{PREFIX, all_operations};
use crate::protocol::code::Code;
use crate::protocol::rest::{ErrorEnvelope, Page};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, web};
use std::collections::BTreeMap;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{IntoParams, ToSchema};

const JSON: &str = "application/json";
const BEARER: &str = "bearer";

type Schemas = Vec<(String, RefOr<Schema>)>;

/// One route: how it is mounted, and how it is described.
pub struct Operation {
    pub method: Method,
    /// Below its prefix, as actix and OpenAPI write it: `/tasks/{task_id}`.
    pub path: &'static str,
    pub route: Box<dyn Fn() -> Route>,
    tag: &'static str,
    summary: &'static str,
    public: bool,
    on_board: bool,
    body: Option<String>,
    parameters: Vec<Parameter>,
    answer: Answer,
    fails: Vec<Code>,
    schemas: Schemas,
}

enum Answer {
    Nothing,
    Text,
    Json { status: u16, schema: String },
}

impl Operation {
    fn new<F, Args>(method: Method, path: &'static str, handler: F, tag: &'static str, summary: &'static str) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let mounted = method.clone();
        Self {
            method,
            path,
            route: Box::new(move || web::method(mounted.clone()).to(handler.clone())),
            tag,
            summary,
            public: false,
            on_board: false,
            body: None,
            parameters: Vec::new(),
            answer: Answer::Nothing,
            fails: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// It needs no token.
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// It writes to a board: `Idempotency-Key` and `If-Match` count, and a version may conflict.
    pub fn on_board(mut self) -> Self {
        self.on_board = true;
        self
    }

    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.body = Some(self.described::<T>());
        self
    }

    pub fn asks<T: IntoParams>(mut self) -> Self {
        self.parameters.extend(T::into_params(|| Some(ParameterIn::Query)));
        self
    }

    pub fn answers<T: ToSchema>(mut self, status: u16) -> Self {
        let schema = self.described::<T>();
        self.answer = Answer::Json { status, schema };
        self
    }

    /// It answers a page; what stands on it is described of itself.
    pub fn lists<T: ToSchema>(mut self) -> Self {
        self.described::<T>();
        self.answers::<Page<T>>(200)
    }

    pub fn answers_nothing(mut self) -> Self {
        self.answer = Answer::Nothing;
        self
    }

    pub fn answers_text(mut self) -> Self {
        self.answer = Answer::Text;
        self
    }

    /// Beside those that any route of its kind may fail with.
    pub fn may_fail(mut self, codes: &[Code]) -> Self {
        self.fails.extend(codes);
        self
    }

    fn described<T: ToSchema>(&mut self) -> String {
        let name = schema_name::<T>();
        self.schemas.push((name.clone(), T::schema()));
        T::schemas(&mut self.schemas);
        name
    }

    fn failures(&self) -> BTreeMap<u16, Vec<Code>> {
        let mut codes = vec![Code::ValidationError, Code::RateLimitExceeded, Code::InternalError, Code::Unavailable];
        if !self.public {
            codes.extend([Code::Unauthorized, Code::Forbidden, Code::NotFound]);
        }
        if self.body.is_some() {
            codes.push(Code::PayloadTooLarge);
        }
        if self.on_board {
            codes.extend([Code::VersionConflict, Code::Conflict, Code::WipLimit]);
        }
        codes.extend(&self.fails);
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in codes {
            let same = by_status.entry(code.http_status()).or_default();
            if !same.contains(&code) {
                same.push(code);
            }
        }
        by_status
    }

    fn described_operation(&self, full_path: &str) -> utoipa::openapi::path::Operation {
        let mut operation = OperationBuilder::new()
            .tag(self.tag)
            .summary(Some(self.summary))
            .operation_id(Some(operation_id(&self.method, full_path)))
            .parameters(Some(path_parameters(full_path)))
            .parameters(Some(self.parameters.clone()));
        if self.on_board {
            operation = operation.parameters(Some(board_headers()));
        }
        if let Some(schema) = &self.body {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
            operation = operation.request_body(Some(RequestBodyBuilder::new().content(JSON, content).build()));
        }
        let (status, response) = match &self.answer {
            Answer::Nothing => (204, ResponseBuilder::new().description("done")),
            Answer::Text => {
                let content = ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String)));
                (200, ResponseBuilder::new().description("text").content("text/plain", content.build()))
            }
            Answer::Json { status, schema } => {
                let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
                (*status, ResponseBuilder::new().description("done").content(JSON, content))
            }
        };
        operation = operation.response(status.to_string(), response.build());
        for (status, codes) in self.failures() {
            let names = codes.iter().map(|code| code.name()).collect::<Vec<_>>().join(", ");
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorEnvelope"))).build();
            let response = ResponseBuilder::new().description(names).content(JSON, content).build();
            operation = operation.response(status.to_string(), response);
        }
        if !self.public {
            operation = operation.security(SecurityRequirement::new(BEARER, Vec::<String>::new()));
        }
        operation.build()
    }
}

macro_rules! methods {
    ($($name:ident = $method:ident),* $(,)?) => {
        impl Operation { $(
            pub fn $name<F, Args>(path: &'static str, handler: F, tag: &'static str, summary: &'static str) -> Self
            where
                F: Handler<Args>,
                Args: FromRequest + 'static,
                F::Output: Responder + 'static,
            {
                Self::new(Method::$method, path, handler, tag, summary)
            }
        )* }
    };
}

methods!(get = GET, post = POST, patch = PATCH, delete = DELETE);

/// The document of everything that [`super::configure`] mounts.
pub fn openapi() -> OpenApi {
    let mut items: Vec<(String, PathItem)> = Vec::new();
    let mut schemas: Schemas = vec![("ErrorEnvelope".to_owned(), <ErrorEnvelope as utoipa::PartialSchema>::schema())];
    ErrorEnvelope::schemas(&mut schemas);
    for (path, mut operation) in all_operations() {
        schemas.append(&mut operation.schemas);
        let item = PathItem::new(http_method(&operation.method), operation.described_operation(&path));
        match items.iter_mut().find(|(known, _)| *known == path) {
            Some((_, known)) => known.merge_operations(item),
            None => items.push((path, item)),
        }
    }
    let paths = items.into_iter().fold(PathsBuilder::new(), |paths, (path, item)| paths.path(path, item));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(BEARER, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let info = InfoBuilder::new().title("TeamFlow").version(env!("CARGO_PKG_VERSION")).description(Some(
        "Boards that everyone sees change at once. Live updates go over the WebSocket at /api/v1/ws.",
    ));
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components.build())).build()
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// `post_tasks_task_id_move` for `POST /api/v1/tasks/{task_id}/move`.
fn operation_id(method: &Method, path: &str) -> String {
    let words = path.strip_prefix(PREFIX).unwrap_or(path).split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_");
    format!("{}_{words}", method.as_str().to_ascii_lowercase())
}

fn path_parameters(path: &str) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(uuid_text()))
            .build()
    };
    names.map(parameter).collect()
}

fn uuid_text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

fn board_headers() -> Vec<Parameter> {
    let header = |name, about| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(about))
    };
    let text = ObjectBuilder::new().schema_type(Type::String);
    vec![
        header("Idempotency-Key", "The op's id: sent again, it is applied once.").schema(Some(uuid_text())).build(),
        header("If-Match", "The version that the change is based on, in quotes.").schema(Some(text)).build(),
    ]
}

/// The name of a type in the document: `TaskPage` for a page of tasks, because by its own name alone every page would
/// be the same schema.
fn schema_name<T: ToSchema>() -> String {
    let parameter = std::any::type_name::<T>().split_once('<').map(|(_, parameter)| parameter.trim_end_matches('>'));
    let prefix = parameter.and_then(|path| path.rsplit("::").next()).unwrap_or_default();
    format!("{prefix}{}", T::name())
}
