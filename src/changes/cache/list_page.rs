//! A page of a list in parts. A look reads only the activities that have changed and the new ones; the rest of the page
//! stays.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::answer::Answer;
use super::dependencies::{Dependencies, ListRange, Tag};
use crate::domain::{Cursor, Document};

/// A top-level activity as a statement has read it, with its latest replies.
#[derive(Debug, Clone)]
pub struct ListItem {
    /// Its position in the list.
    pub cursor: Cursor,
    /// The activity as JSON.
    pub json: Vec<u8>,
    /// The ids of the activity and its replies, of those that have reactions.
    pub reacted: Vec<Uuid>,
    /// What the activity depends on.
    pub dependencies: Dependencies,
}

/// The activities that a look has read, by id.
pub type ReadItems = HashMap<Uuid, Arc<ListItem>>;

/// A page of a list.
#[derive(Debug, Clone)]
pub struct ListPage {
    limit: usize,
    range: ListRange,
    /// Newest first; one more than the page shows if another page follows.
    items: Vec<Arc<ListItem>>,
}

impl ListPage {
    /// A page that shows `limit` of the items at most. `items` are the newest of the list before the range's cursor,
    /// newest first, one more than `limit` if there are so many.
    pub fn new(limit: usize, range: ListRange, items: Vec<ListItem>) -> Self {
        Self {
            limit,
            range,
            items: items.into_iter().map(Arc::new).collect(),
        }
    }

    /// What the page shows and depends on.
    pub(super) fn render(&self) -> (Answer, Dependencies) {
        let shown = &self.items[..self.limit.min(self.items.len())];
        let next = match self.items.len() > self.limit {
            true => shown.last().map(|item| item.cursor),
            false => None,
        };
        let mut json =
            Vec::with_capacity(2 + shown.iter().map(|item| item.json.len() + 1).sum::<usize>());
        json.push(b'[');
        for (number, item) in shown.iter().enumerate() {
            if number > 0 {
                json.push(b',');
            }
            json.extend_from_slice(&item.json);
        }
        json.push(b']');
        let reacted = shown.iter().flat_map(|item| &item.reacted).copied();
        let first = self.items.first();
        let mut dependencies =
            Dependencies::new(first.and_then(|item| item.dependencies.started_at));
        for item in &self.items {
            dependencies.add(&item.dependencies);
        }
        dependencies.set_range(ListRange {
            last: next,
            ..self.range
        });
        let answer = Answer {
            json: Document::of_json(json),
            next,
            reacted: reacted.collect(),
            position: None,
        };
        (answer, dependencies)
    }

    /// The activities that depend on the tag.
    pub(super) fn with_tag(&self, tag: Tag) -> impl Iterator<Item = Uuid> {
        let items = self.items.iter();
        items
            .filter(move |item| item.dependencies.tags.contains(&tag))
            .map(|item| item.cursor.uuid)
    }

    /// The page with the current state of the activities `uuids`, which have changed or are new; `None` if one has left
    /// the page, so that another one belongs on it.
    pub(super) fn amended(&self, uuids: &[Uuid], read: &ReadItems) -> Option<Self> {
        let mut items = self.items.clone();
        for uuid in uuids {
            let known = items.iter_mut().find(|item| item.cursor.uuid == *uuid);
            match (known, read.get(uuid)) {
                (Some(known), Some(item)) if known.cursor == item.cursor => *known = item.clone(),
                (Some(_), _) => return None,
                // It was new, and is gone already.
                (None, None) => {}
                (None, Some(item)) if item.cursor < self.range.before => items.push(item.clone()),
                (None, Some(_)) => {}
            }
        }
        items.sort_by_key(|item| Reverse(item.cursor));
        items.truncate(self.limit + 1);
        Some(Self {
            limit: self.limit,
            range: self.range,
            items,
        })
    }

    /// The memory of the parts in bytes.
    pub(super) fn size(&self) -> usize {
        let items = self.items.iter().map(|item| {
            size_of::<ListItem>()
                + item.json.capacity()
                + item.reacted.capacity() * size_of::<Uuid>()
                + item.dependencies.tags.capacity() * size_of::<Tag>()
        });
        size_of::<Self>() + items.sum::<usize>()
    }
}
