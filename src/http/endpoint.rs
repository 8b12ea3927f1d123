//! One path with the methods it knows. HEAD comes with GET, any other method is refused with
//! `Allow`, and no handler runs longer than a client should wait.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{AppService, HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{FromRequest, Handler, Resource, Responder, Route, guard, web};

use crate::error::Error;

/// The whole of a request, its body's arrival and every statement included.
const DEADLINE: Duration = Duration::from_secs(3);

/// A resource that answers 405 with `Allow` to methods it was not given.
pub struct Endpoint {
    resource: Resource,
    allow: Vec<&'static str>,
    deadline: Option<Duration>,
}

/// An endpoint at `path`, relative to its scope.
pub fn endpoint(path: &str) -> Endpoint {
    Endpoint {
        resource: web::resource(path),
        allow: Vec::new(),
        deadline: Some(DEADLINE),
    }
}

impl Endpoint {
    /// For operations that take as long as they take; call it before the methods.
    pub fn without_deadline(mut self) -> Self {
        self.deadline = None;
        self
    }

    pub fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = web::route()
            .guard(guard::Any(guard::Get()).or(guard::Head()))
            .to(handler);
        self.route(&["GET", "HEAD"], route)
    }

    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(&["POST"], web::post().to(handler))
    }

    pub fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(&["PUT"], web::put().to(handler))
    }

    pub fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(&["DELETE"], web::delete().to(handler))
    }

    fn route(mut self, methods: &[&'static str], route: Route) -> Self {
        self.allow.extend(methods);
        self.resource = match self.deadline {
            Some(limit) => self
                .resource
                .route(route.wrap(from_fn(move |request, next| within(limit, request, next)))),
            None => self.resource.route(route),
        };
        self
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let allow = self.allow.join(", ");
        let refuse = move || {
            let allow = allow.clone();
            async move { Err::<String, _>(Error::MethodNotAllowed(allow)) }
        };
        self.resource
            .default_service(web::to(refuse))
            .register(config);
    }
}

/// The routing is over here, so the request may be shared with the answer to a time-out.
async fn within<B: MessageBody + 'static>(
    limit: Duration,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let kept = request.request().clone();
    match tokio::time::timeout(limit, next.call(request)).await {
        Ok(response) => Ok(response?.map_into_left_body()),
        Err(_) => {
            let error = Error::Unavailable("the request took too long", None);
            Ok(ServiceResponse::from_err(error, kept).map_into_right_body::<B>())
        }
    }
}
