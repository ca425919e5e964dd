use chrono::TimeDelta;
use ori_shared::call::{CallSearch, CallStatus};
use uuid::Uuid;

use super::calls::{new_call, order, with_key};
use super::{AnyStore, at, join_all, new_key};
use crate::{CallOrder, CallQuery, LOOKED_THROUGH_CALLS, NewCall, Transition, lowest_call_id};

/// The ids of all calls that match, from page to page.
async fn walk(store: &AnyStore, query: CallQuery) -> Vec<Uuid> {
    let (mut met, mut query) = (Vec::new(), query);
    loop {
        let (calls, next) = store.list_calls(query.clone()).await.unwrap();
        met.extend(calls.iter().map(|call| call.id));
        query.after = next;
        if next.is_none() {
            return met;
        }
    }
}

fn id_at(millis: i64) -> Uuid {
    let time = at(0) + TimeDelta::milliseconds(millis);
    Uuid::from_u128(lowest_call_id(time).as_u128() + 7)
}

fn call_at(millis: i64, key: u64, changed: CallOrder) -> NewCall {
    NewCall {
        id: id_at(millis),
        order: changed,
        ..new_call(0, key, at(0) + TimeDelta::milliseconds(millis))
    }
}

/// Whatever is asked for, alone or together, the pages hold the calls that are all of it, newest first, each once.
pub(super) async fn filters_and_search_go_together(store: AnyStore) {
    let first = with_key(&store).await;
    store.create_api_key(new_key(2, "Other", at(0))).await.unwrap();
    for number in 0..60 {
        let changed = CallOrder {
            bot_id: ["alpha", "beta"][usize::from(number % 3 == 0)].into(),
            to_number: format!("+91987654{:04}", number % 7),
            ..order((number % 2 == 0).then_some(["case-1", "alpha-2"][usize::from(number % 4 == 0)]))
        };
        let key = if number % 5 == 0 { 2 } else { 1 };
        store
            .admit_call(call_at(i64::from(number), key, changed))
            .await
            .unwrap();
        if number % 6 < 3 {
            let id = id_at(i64::from(number));
            let step = Transition::new(id, &[CallStatus::Reserved], CallStatus::Refused, at(1));
            assert!(store.transition_call(step).await.unwrap());
        }
    }
    let all: Vec<_> = store
        .list_calls(CallQuery {
            limit: 100,
            ..Default::default()
        })
        .await
        .unwrap()
        .0;
    assert_eq!(all.len(), 60);
    for combination in 0..1 << 6 {
        let asked = |bit: u32| combination >> bit & 1 == 1;
        for (typed, limit) in [
            ("", 100),
            ("", 4),
            ("alpha", 7),
            ("98765400", 3),
            ("9876540003", 9),
            ("nobody", 9),
        ] {
            let query = CallQuery {
                key: asked(0).then_some(first),
                status: asked(1).then_some(CallStatus::Refused),
                bot: asked(2).then(|| "alpha".into()),
                reference: asked(3).then(|| "case-1".into()),
                from: asked(4).then(|| at(0) + TimeDelta::milliseconds(11)),
                until: asked(5).then(|| at(0) + TimeDelta::milliseconds(47)),
                search: CallSearch::parse(typed),
                limit,
                after: None,
            };
            let expected = all.iter().filter(|call| {
                query.key.is_none_or(|key| call.key_id == key)
                    && query.status.is_none_or(|status| call.status == status)
                    && query.bot.as_ref().is_none_or(|bot| call.bot_id == *bot)
                    && query
                        .reference
                        .as_ref()
                        .is_none_or(|one| call.call_reference.as_ref() == Some(one))
                    && query.from.is_none_or(|from| call.created_at >= from)
                    && query.until.is_none_or(|until| call.created_at < until)
                    && match &query.search {
                        Some(CallSearch::Prefix { number, texts }) => {
                            let begins =
                                |one: &String| texts.iter().any(|text| one.starts_with(text.as_str()));
                            call.call_reference.as_ref().is_some_and(begins)
                                || begins(&call.bot_id)
                                || number
                                    .as_ref()
                                    .is_some_and(|number| call.to_number.starts_with(number))
                        }
                        _ => true,
                    }
            });
            let expected: Vec<Uuid> = expected.map(|call| call.id).collect();
            assert_eq!(walk(&store, query.clone()).await, expected, "{query:?}");
        }
    }
    let one = CallQuery {
        search: Some(CallSearch::Id(id_at(3))),
        key: Some(first),
        limit: 9,
        ..Default::default()
    };
    assert_eq!(walk(&store, one).await, [id_at(3)]);
}

/// A text is found in each Unicode normalisation, whether the page goes along the matches or tests call by call.
pub(super) async fn a_search_finds_calls_in_each_normalisation(store: AnyStore) {
    let key = with_key(&store).await;
    let (composed, decomposed) = ("caf\u{e9}-1", "cafe\u{301}-1");
    let orders = [
        order(Some(composed)),
        order(Some(decomposed)),
        CallOrder {
            bot_id: decomposed.into(),
            ..order(None)
        },
        order(Some("cafe-1")),
    ];
    for (millis, order) in (0..).zip(orders) {
        store.admit_call(call_at(millis, 1, order)).await.unwrap();
    }
    for typed in [composed, decomposed, "caf\u{e9}", "cafe\u{301}"] {
        for key in [None, Some(key)] {
            let query = CallQuery {
                search: CallSearch::parse(typed),
                key,
                limit: 2,
                ..Default::default()
            };
            let found = walk(&store, query).await;
            assert_eq!(found, [id_at(2), id_at(1), id_at(0)], "{typed:?}");
        }
    }
}

/// A page that would have to scan very many calls ends before it is full, and the next one continues.
pub(super) async fn among_very_many_calls_a_page_may_be_short(store: AnyStore) {
    let key = with_key(&store).await;
    let count = i64::from(LOOKED_THROUGH_CALLS) + 50;
    let all: Vec<i64> = (0..count).collect();
    const SAME: &str = "same";
    let similar = |millis: i64| CallOrder {
        bot_id: SAME.into(),
        ..order((millis % 2 == 0).then_some("same-1"))
    };
    for some in all.chunks(100) {
        let calls = some
            .iter()
            .map(|millis| store.admit_call(call_at(*millis, 1, similar(*millis))));
        for accepted in join_all(calls).await {
            accepted.unwrap();
        }
    }
    let step = Transition::new(id_at(5), &[CallStatus::Reserved], CallStatus::Refused, at(1));
    assert!(store.transition_call(step).await.unwrap());
    let rare = CallQuery {
        key: Some(key),
        status: Some(CallStatus::Refused),
        limit: 9,
        ..Default::default()
    };
    let (none, next) = store.list_calls(rare.clone()).await.unwrap();
    assert!(none.is_empty() && next == Some(id_at(50)), "{next:?}");
    assert_eq!(walk(&store, rare).await, [id_at(5)]);
    let alone = CallQuery {
        status: Some(CallStatus::Refused),
        limit: 9,
        ..Default::default()
    };
    let (found, next) = store.list_calls(alone).await.unwrap();
    assert_eq!((found.len(), next), (1, None));
    // Each is found by its bot, and some by their reference as well.
    let searched = CallQuery {
        search: Some(CallSearch::Prefix {
            number: None,
            texts: vec![SAME.into()],
        }),
        status: Some(CallStatus::Refused),
        limit: 9,
        ..Default::default()
    };
    let (none, next) = store.list_calls(searched.clone()).await.unwrap();
    assert!(none.is_empty() && next.is_some(), "{next:?}");
    assert_eq!(walk(&store, searched).await, [id_at(5)]);
}
