//! What the pages of users and threads tell programs that do not run scripts: search engines, and programs that show
//! the preview of a link.

use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HOST, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::support::{Answer, Database, DatabaseProxy, TestApp, User, id};

const DEFAULT_TITLE: &str = "<title>Cruddur</title>";

fn thread_path(activity: &Value) -> String {
    let handle = activity["handle"].as_str().expect("a handle");
    format!("/@{handle}/status/{}", id(activity))
}

/// The HTML of a page that exists.
async fn html(app: &TestApp, path: &str) -> String {
    let body = app.get(path).await.ok();
    body.as_str().expect("a text").to_owned()
}

async fn set_profile(user: &User<'_>, display_name: &str, bio: &str) {
    let body = json!({ "display_name": display_name, "bio": bio });
    let path = "/api/profile/update";
    user.post(path, &body).await.ok();
}

#[track_caller]
fn assert_has(html: &str, tags: &[&str]) {
    let head = html.split("</head>").next().unwrap_or_default();
    for tag in tags {
        assert!(head.contains(tag), "no {tag} in {head}");
    }
}

#[tokio::test]
async fn a_threads_page_describes_the_crud_and_its_author() {
    let app = TestApp::start_with(&[("BACKEND_URL", "https://cruddur.example")]).await;
    let alice = app.user("alice").await;
    set_profile(&alice, "Alice Ng", "").await;
    let crud = alice.create_activity("Low tide\nat  six.").await;
    let path = thread_path(&crud);
    let page = html(&app, &path).await;
    let url = format!("https://cruddur.example{path}");
    assert_has(
        &page,
        &[
            "<title>Alice Ng: “Low tide at six.” · Cruddur</title>",
            "<meta name=\"description\" content=\"Low tide at six.\">",
            &format!("<link rel=\"canonical\" href=\"{url}\">"),
            "<meta property=\"og:title\" content=\"Alice Ng (@alice)\">",
            "<meta property=\"og:description\" content=\"Low tide at six.\">",
            "<meta property=\"og:type\" content=\"article\">",
            &format!("<meta property=\"og:url\" content=\"{url}\">"),
            "<meta property=\"og:site_name\" content=\"Cruddur\">",
            "<meta name=\"twitter:card\" content=\"summary\">",
        ],
    );
    assert_eq!(page.matches("<title>").count(), 1);
}

#[tokio::test]
async fn a_reply_has_a_page_of_its_own_that_describes_the_reply() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let crud = alice.create_activity("A question").await;
    let reply = alice.reply(&crud, "An answer").await;
    let page = html(&app, &thread_path(&reply)).await;
    assert_has(&page, &["<title>Alice: “An answer” · Cruddur</title>"]);
}

#[tokio::test]
async fn a_users_page_describes_the_user() {
    let app = TestApp::start_with(&[("BACKEND_URL", "https://cruddur.example")]).await;
    let alice = app.user("Alice").await;
    set_profile(&alice, "Alice Ng", "Garden, ferry.").await;
    let page = html(&app, "/@aLICE").await;
    assert_has(
        &page,
        &[
            "<title>Alice Ng (@Alice) · Cruddur</title>",
            "<meta name=\"description\" content=\"Garden, ferry.\">",
            "<link rel=\"canonical\" href=\"https://cruddur.example/@Alice\">",
            "<meta property=\"og:title\" content=\"Alice Ng (@Alice)\">",
            "<meta property=\"og:description\" content=\"Garden, ferry.\">",
            "<meta property=\"og:type\" content=\"profile\">",
            "<meta property=\"og:url\" content=\"https://cruddur.example/@Alice\">",
            "<meta name=\"twitter:card\" content=\"summary\">",
        ],
    );
}

#[tokio::test]
async fn a_user_without_a_bio_and_home_have_a_description_too() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for path in ["/", "/@alice"] {
        let page = html(&app, path).await;
        assert!(!page.contains("content=\"\""), "{page}");
        assert_has(&page, &["<meta name=\"description\" content=\""]);
    }
}

#[tokio::test]
async fn texts_of_users_stay_text_in_the_head_of_a_page() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let hostile = "</title><script>alert(1)</script>\"><meta name='x' content=\"&amp;\u{202e}";
    set_profile(&alice, hostile, hostile).await;
    let crud = alice.create_activity(hostile).await;
    let escaped = "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;meta name=&#39;x&#39; \
                   content=&quot;&amp;amp;";
    for path in ["/@alice", &thread_path(&crud)] {
        let page = html(&app, path).await;
        assert_has(
            &page,
            &[
                &format!("<title>{escaped}"),
                &format!("<meta name=\"description\" content=\"{escaped}\">"),
                &format!("<meta property=\"og:title\" content=\"{escaped} (@alice)\">"),
            ],
        );
        assert!(!page.contains("<script>alert"), "{page}");
        // It would turn around what follows the title.
        assert!(!page.contains('\u{202e}'), "{page}");
    }
}

#[tokio::test]
async fn a_long_text_is_cut_in_the_title_and_in_the_description() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let crud = alice.create_activity(&"ü".repeat(280)).await;
    let page = html(&app, &thread_path(&crud)).await;
    let cut = |count| format!("{}…", "ü".repeat(count));
    assert_has(
        &page,
        &[
            &format!("<title>Alice: “{}” · Cruddur</title>", cut(60)),
            &format!("name=\"description\" content=\"{}\"", cut(200)),
        ],
    );
}

#[tokio::test]
async fn no_header_of_a_request_changes_the_addresses_in_a_page() {
    let own = "https://cruddur.example";
    let app = TestApp::start_with(&[
        (
            "BACKEND_URL",
            "https://cruddur.example, https://other.example",
        ),
        ("TRUSTED_PROXIES", "127.0.0.0/8"),
    ])
    .await;
    app.user("alice").await;
    let request = app
        .request(Method::GET, "/@alice")
        .header(HOST, "evil.example")
        .header("X-Forwarded-Host", "evil.example")
        .header("Forwarded", "host=evil.example;proto=gopher");
    let page = Answer::of(request).await.ok();
    let page = page.as_str().expect("a text");
    assert!(!page.contains("evil.example") && !page.contains("other.example"));
    assert_has(page, &[&format!("href=\"{own}/@alice\"")]);
}

#[tokio::test]
async fn without_backend_url_the_addresses_in_a_page_name_this_machine_and_the_servers_port() {
    let app = TestApp::start().await;
    let url = format!("http://localhost:{}/", app.port);
    let page = html(&app, "/").await;
    assert_has(
        &page,
        &[&format!("<link rel=\"canonical\" href=\"{url}\">")],
    );
}

#[tokio::test]
async fn a_users_page_is_public_and_revalidated_with_a_strong_tag_that_changes_with_the_profile() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let page = app.get("/@alice").await;
    assert_eq!(page.header("cache-control"), Some("public, no-cache"));
    let tag = page.header("etag").expect("a tag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("script-src 'self'"), "{policy}");

    let revalidated = |tag: &str| {
        let request = app.request(Method::GET, "/@alice");
        Answer::of(request.header(IF_NONE_MATCH, tag.to_owned()))
    };
    let same = revalidated(&tag).await;
    assert_eq!((same.status, same.header("etag")), (304, Some(&*tag)));
    set_profile(&alice, "Alice", "Moved to the coast.").await;
    let changed = revalidated(&tag).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), Some(&*tag));
}

#[tokio::test]
async fn each_content_encoding_of_a_page_has_a_tag_of_its_own() {
    let app = TestApp::start().await;
    let mut tags = Vec::new();
    for encoding in ["identity", "br", "gzip", "zstd"] {
        let request = |tag: &str| {
            app.request(Method::GET, "/")
                .header(ACCEPT_ENCODING, encoding)
                .header(IF_NONE_MATCH, tag.to_owned())
                .send()
        };
        let page = request("\"another\"").await.unwrap();
        assert_eq!(page.status(), 200);
        let sent = page.headers().get("content-encoding");
        let sent = sent.map_or("identity", |value| value.to_str().unwrap());
        assert_eq!(sent, encoding);
        let vary: Vec<_> = page.headers().get_all("vary").iter().collect();
        assert!(format!("{vary:?}").contains("Accept-Encoding"), "{vary:?}");
        let tag = page.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(request(&tag).await.unwrap().status(), 304);
        tags.push(tag);
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4, "{tags:?}");
}

#[tokio::test]
async fn a_page_is_the_same_for_a_signed_in_user_and_for_a_stranger() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let path = thread_path(&alice.create_activity("The same for all").await);
    let stranger = app.get(&path).await;
    for token in [&alice.token, "invalid"] {
        let request = app
            .request(Method::GET, &path)
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(COOKIE, format!("access_token={token}"));
        let page = Answer::of(request).await;
        assert_eq!(page.header("etag"), stranger.header("etag"));
        assert_eq!(page.header("set-cookie"), None);
        assert_eq!(page.ok(), stranger.body);
    }
}

#[tokio::test]
async fn a_page_is_sent_with_the_default_title_while_the_database_is_away() {
    let proxy = DatabaseProxy::start_closed();
    let database = Database::migrated().await;
    let url = proxy.url(&database);
    let app = TestApp::launch(database, &[("CONNECTION_URL", &url)], &[]);
    let thread = format!("/@alice/status/{}", "29bf4faf-2a4a-4e3c-a964-e215b7fcc93e");
    for path in ["/@alice", &thread] {
        assert_has(&html(&app, path).await, &[DEFAULT_TITLE]);
    }
}

#[tokio::test]
async fn a_page_is_sent_with_the_default_title_while_the_database_does_not_answer() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let thread = thread_path(&alice.create_activity("Behind a lock").await);
    let mut locker = app.database.connect().await;
    let locking = locker.transaction().await.unwrap();
    let lock = "lock table users in access exclusive mode";
    locking.batch_execute(lock).await.unwrap();
    for path in ["/@alice", &thread] {
        assert_has(&html(&app, path).await, &[DEFAULT_TITLE]);
    }
    locking.rollback().await.unwrap();
    let page = html(&app, "/@alice").await;
    assert_has(&page, &["<title>Alice (@alice) · Cruddur</title>"]);
}

#[tokio::test]
async fn search_engines_are_told_to_leave_out_what_expires_and_what_is_for_one_user() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let crud = alice.create_activity("Here today").await;
    let lasting = alice.create_activity("Here to stay").await;
    let keep = format!(
        "update activities set expires_at = null where uuid = '{}'",
        id(&lasting)
    );
    app.database.execute(&keep).await;
    for (path, is_left_out) in [
        ("/", false),
        ("/@alice", false),
        (&*thread_path(&lasting), false),
        (&*thread_path(&crud), true),
        ("/search", true),
        ("/search?q=tea", true),
        ("/sign-in", true),
        ("/messages", true),
        ("/messages/@alice", true),
        ("/notifications", true),
        ("/console", true),
    ] {
        let page = app.get(path).await;
        let header = page.header("x-robots-tag");
        assert_eq!(header, is_left_out.then_some("noindex"), "{path}");
        let html = page.ok();
        let tag = "<meta name=\"robots\" content=\"noindex\">";
        let has_tag = html.as_str().expect("a text").contains(tag);
        assert_eq!(has_tag, is_left_out, "{path}");
    }
}
