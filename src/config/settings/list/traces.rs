//! The settings of the traces.

use crate::config::settings::setting::DefaultValue::{Unset, Value};
use crate::config::settings::setting::Section::Traces;
use crate::config::settings::setting::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    Traces
        .setting(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            Unset,
            "The OpenTelemetry collector that receives traces, over HTTP with protobuf",
        )
        .details("Such as `http://localhost:4318`. Without it there are no traces."),
    Traces
        .setting(
            "OTEL_EXPORTER_OTLP_HEADERS",
            Unset,
            "HTTP headers for the collector, `name=value,…`",
        )
        .secret()
        .details("Such as the API key of a service. Values are percent-encoded."),
    Traces.setting(
        "OTEL_SERVICE_NAME",
        Value("cruddur"),
        "Name of the service in the traces",
    ),
    Traces
        .setting(
            "OTEL_TRACES_SAMPLER",
            Value("parentbased_always_on"),
            "Which requests are traced",
        )
        .details(
            "`always_on`, `always_off` or `traceidratio`. With the prefix `parentbased_`, a \
         request with a `traceparent` header is traced where that header requests it.",
        ),
    Traces
        .setting(
            "OTEL_TRACES_SAMPLER_ARG",
            Value("1"),
            "Share of the requests that `traceidratio` traces",
        )
        .details("0 to 1."),
];
