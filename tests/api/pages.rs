//! The HTML pages and their files as a browser fetches them. `tests/browser` tests their scripts.

use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, IF_NONE_MATCH};

use crate::support::{Answer, TestApp, id};

/// The maximum size of the first load of the client, in compressed bytes.
const MAX_FIRST_LOAD: usize = 60_000;

/// The paths of the files that a page names.
fn files(page: &str) -> Vec<String> {
    let mut files: Vec<String> = page
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    files
}

async fn text(app: &TestApp, path: &str) -> String {
    let body = app.get(path).await.ok();
    body.as_str().expect("a text").to_owned()
}

/// The paths of the modules that the module at `path` imports.
async fn imports(app: &TestApp, path: &str) -> Vec<String> {
    let base = reqwest::Url::parse(&app.url(path)).unwrap();
    text(app, path)
        .await
        .lines()
        .filter(|line| line.starts_with("import "))
        .map(|line| line.split('"').nth(1).expect("a quoted module"))
        .map(|module| base.join(module).unwrap().path().to_owned())
        .collect()
}

#[tokio::test]
async fn every_address_of_the_client_returns_the_page_with_a_title_of_its_own() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let activity = alice.create_activity("Tea").await;
    let body = |page: &str| page.split_once("<body>").expect("a body").1.to_owned();
    let page = body(&text(&app, "/").await);
    let uuid = id(&activity);
    for (path, title) in [
        ("/", "Home"),
        ("/search?q=tea", "Search"),
        ("/notifications", "Notices"),
        ("/messages", "Messages"),
        ("/messages/@bayko", "Conversation"),
        (&format!("/messages/{uuid}"), "Conversation"),
        ("/sign-in", "Sign in"),
        ("/@alice", "Alice (@alice)"),
        (&format!("/@alice/status/{uuid}"), "Alice: “Tea”"),
    ] {
        let html = text(&app, path).await;
        let title = format!("<title>{title} · Cruddur</title>");
        assert!(html.contains(&title), "no {title} at {path}: {html}");
        assert_eq!(body(&html), page, "{path}");
        assert!(
            !html.contains('{'),
            "a placeholder is left at {path}: {html}"
        );
    }
    let console = text(&app, "/console").await;
    assert_ne!(body(&console), page);
    assert_eq!(text(&app, "/console/sessions").await, console);
}

#[tokio::test]
async fn an_address_without_a_page_gets_the_404_of_an_unknown_route() {
    let app = TestApp::start().await;
    for path in [
        "/unknown",
        "/@",
        "/@bayko/photos",
        "/@bayko/status/7",
        "/messages/7",
        "/console/nothing",
        "/assets/0/client/nothing.js",
        "/assets/0/../web.rs",
    ] {
        app.get(path).await.refused(404, "route_not_found");
    }
}

#[tokio::test]
async fn the_content_security_policy_of_a_page_allows_only_its_origin_and_cognito() {
    let app = TestApp::start_with(&[
        ("AWS_COGNITO_USER_POOL_ID", "eu-west-1_a"),
        ("AWS_COGNITO_USER_POOL_CLIENT_ID", "client"),
        ("COGNITO_DOMAIN", "auth.example.com"),
    ])
    .await;
    for path in ["/", "/console"] {
        let page = app.get(path).await;
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(
            policy.ends_with(
                "; connect-src 'self' https://auth.example.com \
                 https://cognito-idp.eu-west-1.amazonaws.com"
            ),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    }
}

#[tokio::test]
async fn a_file_of_a_page_is_immutable_under_its_release_and_has_an_entity_tag() {
    let app = TestApp::start().await;
    let page = app.get("/").await;
    assert_eq!(page.header("cache-control"), Some("public, no-cache"));
    let tag = page.header("etag").expect("a tag").to_owned();
    let known = app.request(Method::GET, "/").header(IF_NONE_MATCH, tag);
    assert_eq!(Answer::of(known).await.status, 304);

    let address = files(page.body.as_str().unwrap()).remove(0);
    let file = app.get(&address).await;
    let kept = file.header("cache-control").expect("a lifetime");
    assert!(kept.contains("immutable"), "{kept}");
    let tag = file.header("etag").expect("a tag").to_owned();
    let known = app
        .request(Method::GET, &address)
        .header(IF_NONE_MATCH, tag);
    assert_eq!(Answer::of(known).await.status, 304);

    let release = address.split('/').nth(2).unwrap();
    let old = app.get(&address.replace(release, "0123456789abcdef")).await;
    assert_eq!(
        (old.status, old.header("cache-control")),
        (200, Some("no-cache"))
    );
}

#[tokio::test]
async fn a_page_names_every_module_that_its_modules_import() {
    let app = TestApp::start().await;
    for page in ["/", "/console"] {
        let named = files(&text(&app, page).await);
        for module in named.iter().filter(|path| path.ends_with(".js")) {
            for import in imports(&app, module).await {
                assert!(named.contains(&import), "{page} does not name {import}");
            }
        }
    }
}

#[tokio::test]
async fn the_first_load_of_the_client_is_smaller_than_60_kilobytes() {
    let app = TestApp::start().await;
    let mut addresses = files(&text(&app, "/").await);
    addresses.extend(["/", "/api/config", "/api/activities/home"].map(str::to_owned));
    // A browser loads this icon when its user adds the page to a home screen.
    addresses.retain(|address| !address.ends_with("/icon-512.png"));
    let mut bytes = 0;
    for address in addresses {
        let request = app.request(Method::GET, &address);
        let response = request.header(ACCEPT_ENCODING, "br").send().await.unwrap();
        assert_eq!(response.status(), 200, "{address}");
        bytes += response.bytes().await.unwrap().len();
    }
    assert!(bytes < MAX_FIRST_LOAD, "{bytes}");
}
