//! When a turn is flushed.

use std::cell::RefCell;
use std::future::ready;
use std::rc::Rc;

use pg_batch::turn::{Flush, Turn};
use tokio::task::{LocalSet, spawn_local, yield_now};

#[derive(Clone, Default)]
struct Flushed(Rc<RefCell<Vec<Vec<u32>>>>);

struct Numbers {
    gathered: Vec<u32>,
    flushed: Flushed,
}

impl Flush for Numbers {
    fn flush(self) -> impl Future<Output = ()> + 'static {
        self.flushed.0.borrow_mut().push(self.gathered);
        ready(())
    }
}

impl Flushed {
    fn gather(&self, turn: &Turn<Numbers>, number: u32) {
        let begin = || Numbers {
            gathered: Vec::new(),
            flushed: self.clone(),
        };
        turn.gather(begin, |numbers| numbers.gathered.push(number));
    }
}

#[tokio::test]
async fn what_the_tasks_of_one_turn_add_is_flushed_once_and_the_next_turn_apart() {
    let flushed = Flushed::default();
    let local = LocalSet::new();
    let run = local.run_until(async {
        let turn = Rc::new(Turn::new());
        for round in [[1, 2, 3], [4, 5, 6]] {
            let tasks = round.map(|number| {
                let (turn, flushed) = (turn.clone(), flushed.clone());
                spawn_local(async move { flushed.gather(&turn, number) })
            });
            for task in tasks {
                task.await.expect("the task ends");
            }
            while flushed.0.borrow().concat().len() < round[2] as usize {
                yield_now().await;
            }
        }
    });
    run.await;
    assert_eq!(*flushed.0.borrow(), [[1, 2, 3], [4, 5, 6]]);
}

#[tokio::test]
async fn what_a_dropped_task_set_has_gathered_is_flushed() {
    let flushed = Flushed::default();
    let local = LocalSet::new();
    {
        let _entered = local.enter();
        let turn = Turn::new();
        flushed.gather(&turn, 1);
        flushed.gather(&turn, 2);
    }
    assert!(flushed.0.borrow().is_empty());
    drop(local);
    assert_eq!(*flushed.0.borrow(), [[1, 2]]);
}

#[tokio::test]
async fn a_full_turn_is_flushed_and_the_rest_of_the_turn_apart() {
    let flushed = Flushed::default();
    let local = LocalSet::new();
    let run = local.run_until(async {
        let turn = Turn::new();
        for number in 1..=5 {
            turn.flush_if(|numbers: &Numbers| numbers.gathered.len() == 3);
            flushed.gather(&turn, number);
        }
        while flushed.0.borrow().len() < 2 {
            yield_now().await;
        }
    });
    run.await;
    let mut flushed = flushed.0.take();
    flushed.sort();
    assert_eq!(flushed, [vec![1, 2, 3], vec![4, 5]]);
}
