//! A path with the handlers of its methods. GET also serves HEAD, other methods get 405 with `Allow`, and a handler has
//! a deadline unless it is registered without one.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{AppService, HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{FromRequest, Handler, Responder, Route, guard, web};

use crate::error::Error;

/// The maximum time from the choice of the route to the response, including the arrival of the body and all statements.
/// Clients of Cruddur time out after about as long.
pub(super) const DEADLINE: Duration = Duration::from_secs(3);

/// A resource that responds 405 with `Allow` to every method that was not added to it.
pub struct Endpoint {
    path: String,
    allow: Vec<String>,
    routes: Vec<Route>,
}

/// An endpoint at `path`, relative to its scope, for routes that the OpenAPI document does not list.
pub fn endpoint(path: &str) -> Endpoint {
    Endpoint {
        path: path.to_owned(),
        allow: Vec::new(),
        routes: Vec::new(),
    }
}

impl Endpoint {
    /// Adds GET and HEAD.
    pub fn get<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::GET, web::to(handler), Some(DEADLINE));
        self
    }

    /// Adds `route` for `method`, and for HEAD too where the method is GET.
    pub(super) fn add(&mut self, method: Method, route: Route, deadline: Option<Duration>) {
        let route = match method {
            Method::GET => {
                self.allow.extend(["GET".to_owned(), "HEAD".to_owned()]);
                route.guard(guard::Any(guard::Get()).or(guard::Head()))
            }
            method => {
                self.allow.push(method.to_string());
                route.method(method)
            }
        };
        self.routes.push(match deadline {
            Some(limit) => route.wrap(from_fn(move |request, next| within(limit, request, next))),
            None => route,
        });
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let allow = self.allow.join(", ");
        let refuse = move || {
            let allow = allow.clone();
            async move { Err::<String, _>(Error::MethodNotAllowed(allow)) }
        };
        self.routes
            .into_iter()
            .fold(web::resource(self.path), |resource, route| {
                resource.route(route)
            })
            .default_service(web::to(refuse))
            .register(config);
    }
}

async fn within<B: MessageBody + 'static>(
    limit: Duration,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    // Actix needs the only reference to a request until it has chosen the route, which it has by now.
    let kept = request.request().clone();
    match tokio::time::timeout(limit, next.call(request)).await {
        Ok(response) => Ok(response?.map_into_left_body()),
        Err(_) => {
            let error = Error::Unavailable("the request took too long", None);
            Ok(ServiceResponse::from_err(error, kept).map_into_right_body::<B>())
        }
    }
}
