//! The files that browsers and search engines request by a fixed name.

use reqwest::Method;
use reqwest::header::IF_NONE_MATCH;

use crate::support::{Answer, TestApp};

/// The largest icon that a first visit should load, in bytes.
const MAX_ICON: usize = 8_192;

#[tokio::test]
async fn the_favicon_is_a_small_ico_file() {
    let app = TestApp::start().await;
    let response = app.request(Method::GET, "/favicon.ico").send().await;
    let response = response.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "image/x-icon");
    let bytes = response.bytes().await.unwrap();
    // Reserved, then the type 1 of icons.
    assert_eq!(bytes[..4], [0, 0, 1, 0]);
    assert!(bytes[4] >= 2, "{} sizes", bytes[4]);
    assert!(bytes.len() < MAX_ICON, "{} bytes", bytes.len());
}

#[tokio::test]
async fn the_page_links_a_manifest_whose_icons_exist() {
    let app = TestApp::start().await;
    let page = app.get("/").await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("; manifest-src 'self'"), "{policy}");
    let html = page.ok();
    let link = "<link rel=\"manifest\" href=\"/manifest.webmanifest\">";
    assert!(html.as_str().expect("a text").contains(link), "{html}");

    let answer = app.get("/manifest.webmanifest").await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/manifest+json")
    );
    let manifest = answer.ok();
    assert_eq!(manifest["name"], "Cruddur");
    assert_eq!(manifest["start_url"], "/");
    assert_eq!(manifest["display"], "standalone");
    for colour in ["background_color", "theme_color"] {
        let colour = manifest[colour].as_str().expect("a colour");
        assert!(colour.starts_with('#'), "{colour}");
    }
    let icons = manifest["icons"].as_array().expect("icons");
    assert!(icons.len() >= 2, "{icons:?}");
    for icon in icons {
        let path = icon["src"].as_str().expect("an address");
        let file = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(file.status(), 200, "{path}");
        let kept = file.headers()["cache-control"].to_str().unwrap();
        assert!(kept.contains("immutable"), "{path}: {kept}");
        assert_eq!(
            file.headers()["content-type"],
            icon["type"].as_str().unwrap()
        );
    }
}

#[tokio::test]
async fn robots_may_read_the_public_pages_and_neither_the_api_nor_the_operators_pages() {
    let app = TestApp::start().await;
    let answer = app.get("/robots.txt").await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let text = answer.ok();
    let lines: Vec<_> = text.as_str().expect("a text").lines().collect();
    for line in [
        "User-agent: *",
        "Allow: /",
        "Disallow: /api/",
        "Disallow: /admin",
        "Disallow: /console",
    ] {
        assert!(lines.contains(&line), "{lines:?}");
    }
    // A robot that may not read a page does not see that the page asks to be left out.
    for path in ["/search", "/sign-in", "/@"] {
        let line = format!("Disallow: {path}");
        assert!(!lines.contains(&&*line), "{lines:?}");
    }
}

#[tokio::test]
async fn a_file_with_a_fixed_name_is_revalidated_by_its_tag() {
    let app = TestApp::start().await;
    for path in ["/favicon.ico", "/manifest.webmanifest", "/robots.txt"] {
        let file = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(file.headers()["cache-control"], "public, no-cache");
        let tag = file.headers()["etag"].to_str().unwrap().to_owned();
        let known = app.request(Method::GET, path).header(IF_NONE_MATCH, tag);
        assert_eq!(Answer::of(known).await.status, 304, "{path}");
    }
}
