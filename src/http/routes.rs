//! The registration of routes: `#[utoipa::path]` on a handler names its path and method once, and [`routes!`] registers
//! the handler with Actix and adds it to the OpenAPI document. `server::router` decides the scope of each route.

use std::time::Duration;

use actix_web::Route;
use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use indexmap::IndexMap;
use utoipa::openapi::{HttpMethod, OpenApi};

use super::endpoint::{DEADLINE, Endpoint, endpoint};

/// The routes of the handlers `module::handler`, each with `#[utoipa::path]`, as [`Routes`].
///
/// Actix tries the paths in the order of the list, so the path that is requested most often comes first.
macro_rules! routes {
    ($($module:ident :: $handler:ident),+ $(,)?) => {{
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($module::$handler),+))]
        struct Document;

        // `#[utoipa::path]` puts path and methods of `handler` into a type named `__path_handler`.
        pastey::paste! {
            $crate::http::Routes::new(
                <Document as utoipa::OpenApi>::openapi,
                vec![$($crate::http::DocumentedRoute::new::<$module::[<__path_ $handler>]>(
                    || actix_web::web::to($module::$handler),
                )),+],
            )
        }
    }};
}
pub(crate) use routes;

/// Routes and their part of the OpenAPI document. The macro `routes!` makes them.
pub struct Routes {
    routes: Vec<DocumentedRoute>,
    documents: Vec<fn() -> OpenApi>,
}

/// One handler with the path and the methods of its `#[utoipa::path]`.
pub struct DocumentedRoute {
    path: String,
    methods: Vec<HttpMethod>,
    route: fn() -> Route,
    deadline: Option<Duration>,
}

impl DocumentedRoute {
    /// `route` makes the route of the handler that `P` documents.
    pub fn new<P: utoipa::Path>(route: fn() -> Route) -> Self {
        Self {
            path: P::path(),
            methods: P::methods(),
            route,
            deadline: Some(DEADLINE),
        }
    }
}

impl Routes {
    /// `document` makes the OpenAPI document of exactly these routes.
    pub fn new(document: fn() -> OpenApi, routes: Vec<DocumentedRoute>) -> Self {
        Self {
            routes,
            documents: vec![document],
        }
    }

    /// Removes the deadline of these routes, for operations that may take minutes.
    #[must_use]
    pub fn without_deadline(self) -> Self {
        self.with_deadline(None)
    }

    /// These routes and then `others`. A path in both has the methods of both.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.routes.extend(others.routes);
        self.documents.extend(others.documents);
        self
    }

    /// Adds these routes to the document.
    pub fn document(&self, document: &mut OpenApi) {
        for part in &self.documents {
            document.merge(part());
        }
    }

    /// Registers these routes in the scope whose full path is `prefix`; all their paths begin with it.
    pub fn below(self, prefix: &str) -> impl FnOnce(&mut ServiceConfig) {
        let mut endpoints = IndexMap::<String, Endpoint>::new();
        for route in self.routes {
            let path = route.path.strip_prefix(prefix).unwrap_or(&route.path);
            let endpoint = endpoints
                .entry(path.to_owned())
                .or_insert_with(|| endpoint(path));
            for method in &route.methods {
                endpoint.add(actix_method(method), (route.route)(), route.deadline);
            }
        }
        move |scope| {
            for endpoint in endpoints.into_values() {
                scope.service(endpoint);
            }
        }
    }

    fn with_deadline(mut self, deadline: Option<Duration>) -> Self {
        for route in &mut self.routes {
            route.deadline = deadline;
        }
        self
    }
}

fn actix_method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::http::{Method, StatusCode, header};
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};
    use utoipa::openapi::{Info, OpenApi, Paths};

    use super::Routes;

    mod handlers {
        #[utoipa::path(get, path = "/scope/things/{id}", responses((status = 200)))]
        pub async fn show_thing() -> &'static str {
            tokio::time::sleep(super::Duration::from_millis(100)).await;
            "thing"
        }

        #[utoipa::path(delete, path = "/scope/things/{id}", responses((status = 200)))]
        pub async fn delete_thing() -> &'static str {
            "deleted"
        }
    }

    /// The status and `Allow` of a response by `routes`, and the pattern that the request matched.
    async fn ask(routes: Routes, method: Method) -> (StatusCode, String, Option<String>) {
        let scope = web::scope("/scope").configure(routes.below("/scope"));
        let app = init_service(App::new().service(scope)).await;
        let request = TestRequest::with_uri("/scope/things/1").method(method);
        let response = call_service(&app, request.to_request()).await;
        let allow = response.headers().get(header::ALLOW).cloned();
        let allow = allow.map(|value| value.to_str().expect("text").to_owned());
        let pattern = response.request().match_pattern();
        (response.status(), allow.unwrap_or_default(), pattern)
    }

    fn things() -> Routes {
        routes![handlers::show_thing].and(routes![handlers::delete_thing])
    }

    #[actix_web::test]
    async fn a_path_of_two_handlers_serves_the_methods_of_both_and_head() {
        for method in [Method::GET, Method::HEAD, Method::DELETE] {
            let (status, _, pattern) = ask(things(), method.clone()).await;
            assert_eq!(status, StatusCode::OK, "{method}");
            assert_eq!(pattern.as_deref(), Some("/scope/things/{id}"));
        }
        let (status, allow, _) = ask(things(), Method::POST).await;
        assert_eq!(
            (status, &*allow),
            (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, DELETE")
        );
    }

    #[actix_web::test]
    async fn a_route_responds_503_at_its_deadline_and_finishes_without_one() {
        let short = Some(Duration::from_millis(10));
        let (status, ..) = ask(things().with_deadline(short), Method::GET).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let unlimited = things().with_deadline(short).without_deadline();
        assert_eq!(ask(unlimited, Method::GET).await.0, StatusCode::OK);
    }

    #[test]
    fn the_document_lists_every_route() {
        let mut document = OpenApi::new(Info::new("", ""), Paths::new());
        things().document(&mut document);
        let item = &document.paths.paths["/scope/things/{id}"];
        assert!(item.get.is_some() && item.delete.is_some());
    }
}
