//! Deleting activities with many reactions: they are gone at once, and no statement deletes an unbounded number of rows.

use serde_json::{Value, json};

use super::{POSTS, counts, insert_likes, reaction, shown, wrong_counts};
use crate::support::{TestApp, id};

/// Makes PostgreSQL refuse a statement that deletes more than 1,000 reactions, cascades included.
async fn refuse_large_deletions(app: &TestApp) {
    let statement = "
        create function refuse_large_deletion() returns trigger language plpgsql as $$
        begin
            if (select count(*) from gone) > 1000 then
                raise exception 'a statement deletes too many reactions';
            end if;
            return null;
        end $$;
        create trigger refuse_large_deletion after delete on reactions
        referencing old table as gone for each statement execute function refuse_large_deletion()";
    app.database.execute(statement).await;
}

/// Waits until the purge has deleted every row but these numbers of activities and reactions.
async fn wait_for_purge(app: &TestApp, activities: i64, reactions: i64) {
    for (table, left) in [
        ("reactions", reactions),
        ("activities", activities),
        ("deleted_activities", 0),
    ] {
        let rows = format!("select count(*) from {table}");
        app.database.wait_for_count(&rows, left).await;
    }
    assert_eq!(wrong_counts(app).await, 0);
}

/// Inserts a like of every user to every reply.
async fn like_every_reply(app: &TestApp) {
    let statement = "
        insert into reactions (user_uuid, activity_uuid, kind)
        select users.uuid, activities.uuid, 'like'
        from users, activities
        where reply_to_activity_uuid is not null";
    app.database.execute(statement).await;
}

#[tokio::test]
async fn the_author_of_an_activity_with_30_000_likes_can_delete_it() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let kept = alice.create_activity("kept").await;
    let post = alice.create_activity("popular").await;
    alice.put(&reaction(&kept, "like")).await.ok();
    insert_likes(&app, &post, 30_000).await;
    assert_eq!(counts(&shown(&app, &post).await), [30_000, 0]);
    refuse_large_deletions(&app).await;

    let path = format!("{POSTS}/{}", id(&post));
    let deleted = alice.delete(&path).await.ok();
    assert_eq!(deleted, json!({ "uuid": post["uuid"] }));
    app.get(&path).await.refused(404, "activity_not_found");
    app.get(&format!("{path}/likes"))
        .await
        .refused(404, "activity_not_found");
    let again = alice.delete(&path).await;
    again.refused(404, "activity_not_found");
    let liked = app.get("/api/users/@fan_7/likes").await.ok();
    assert_eq!(liked, json!([]));
    wait_for_purge(&app, 1, 1).await;
    assert_eq!(counts(&shown(&app, &kept).await), [1, 0]);
}

#[tokio::test]
async fn an_activity_with_999_likes_is_deleted_with_them_at_once() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let parent = alice.create_activity("parent").await;
    let reply = alice.reply(&parent, "liked").await;
    insert_likes(&app, &reply, 999).await;
    refuse_large_deletions(&app).await;
    alice.delete(&format!("{POSTS}/{}", id(&reply))).await.ok();
    assert_eq!(
        app.database.count("select count(*) from reactions").await,
        0
    );
    let thread = shown(&app, &parent).await;
    assert_eq!(
        (&thread["replies_count"], &thread["replies"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(wrong_counts(&app).await, 0);
}

#[tokio::test]
async fn the_purge_deletes_the_reactions_of_a_deleted_thread_in_batches() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("a thread").await;
    let mut parent = post.clone();
    for number in 0..6 {
        parent = alice.reply(&parent, &format!("deep {number}")).await;
        alice.reply(&post, &format!("wide {number}")).await;
    }
    insert_likes(&app, &post, 400).await;
    like_every_reply(&app).await;
    assert_eq!(wrong_counts(&app).await, 0);
    refuse_large_deletions(&app).await;
    alice.delete(&format!("{POSTS}/{}", id(&post))).await.ok();
    wait_for_purge(&app, 0, 0).await;
}

#[tokio::test]
async fn the_purge_deletes_the_reactions_of_expired_activities_in_batches() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let kept = alice.create_activity("kept").await;
    let mut expired: Vec<Value> = Vec::new();
    for number in 0..4 {
        let post = alice.create_activity(&format!("expired {number}")).await;
        alice.reply(&post, "expired with it").await;
        expired.push(post);
    }
    insert_likes(&app, &expired[0], 2_500).await;
    like_every_reply(&app).await;
    alice.put(&reaction(&kept, "repost")).await.ok();
    refuse_large_deletions(&app).await;
    app.database
        .execute("update activities set expires_at = now() where message like 'expired%'")
        .await;
    wait_for_purge(&app, 1, 1).await;
    assert_eq!(counts(&shown(&app, &kept).await), [0, 1]);
}
