#![expect(
    clippy::unwrap_used,
    reason = "this is a test suite: a failed step fails the test"
)]
//! What every engine must do, as tests. An engine's test calls [`suite!`](crate::suite) with a function that opens
//! an empty store.

mod accounts;
mod api_keys;
mod call_list;
mod calls;
mod key_search;
mod purge;
mod sessions;
mod webhooks;

pub use accounts::*;
pub use api_keys::*;
pub use call_list::*;
pub use calls::*;
pub use key_search::*;
pub use purge::*;
pub use sessions::*;
pub use webhooks::*;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use ori_key::PlainKey;
use ori_shared::account::Role;
use rand::SeedableRng;
use rand::rngs::StdRng;
use uuid::Uuid;

use crate::{NewAccount, NewApiKey, Store};

/// Makes a test of each promise. `$open` is an async function that returns `(guard, Arc<dyn Store>)`: an empty
/// store, and whatever must live as long as it.
#[macro_export]
macro_rules! suite {
    ($open:path) => {
        $crate::suite!($open;
            one_account_is_the_first_however_many_race,
            an_email_is_taken_once,
            a_setup_link_works_until_there_is_an_account,
            a_timezone_is_kept_per_account,
            a_session_leads_to_its_account_until_it_is_deleted,
            a_session_ends_when_idle_and_at_its_absolute_limit,
            a_deactivated_account_has_no_session_any_more,
            no_session_of_an_account_outlives_its_deactivation,
            a_session_has_the_role_that_its_account_has_now,
            starting_a_session_forgets_those_that_ended,
            a_created_key_is_found_by_id_and_by_digest,
            a_change_touches_only_what_it_names,
            a_deleted_key_is_gone_for_good,
            keys_of_another_system_are_taken_over_once,
            keys_are_listed_newest_first_in_pages_that_neither_skip_nor_repeat,
            keys_are_sorted_by_the_shared_rule_in_pages_that_neither_skip_nor_repeat,
            a_page_is_stable_while_keys_come_and_go,
            search_in_the_store_is_the_shared_rule,
            a_search_neither_skips_nor_repeats,
            a_search_follows_every_change,
            among_very_many_keys_a_search_goes_on_page_by_page,
            a_call_is_recorded_only_with_a_key_that_works,
            a_recorded_call_moves_the_keys_last_use,
            racing_repetitions_record_one_call,
            a_claim_is_scoped_released_and_forgotten,
            an_idempotency_record_outlives_its_open_call,
            what_changed_lately_is_not_purged,
            the_queue_is_bounded_and_in_order,
            results_may_repeat_and_overtake,
            each_change_of_a_call_has_a_later_time_whatever_the_clocks_are,
            a_step_of_an_earlier_attempt_moves_nothing,
            left_over_calls_are_settled,
            a_call_that_goes_back_and_forth_has_a_bounded_history,
            calls_are_listed_newest_first_and_filtered,
            calls_are_found_by_how_they_begin,
            filters_and_search_go_together,
            a_search_finds_calls_in_each_normalisation,
            among_very_many_calls_a_page_may_be_short,
            old_calls_are_purged_step_by_step,
            what_hangs_on_a_purged_call_goes_with_it,
            purging_hurts_no_call_that_is_made_meanwhile,
            a_webhook_is_set_changed_and_removed,
            each_change_that_matters_makes_one_event,
            only_an_unanswered_refusal_makes_an_event,
            an_event_tells_the_call_as_it_stood,
            no_webhook_no_event,
            a_claim_is_alone_until_it_lapses,
            a_clock_that_was_set_back_holds_no_event_up,
            a_webhook_gets_no_more_than_its_share,
            idle_webhooks_are_claimed_first,
            a_claim_is_bounded_by_the_bytes_of_its_bodies,
            a_failing_receiver_gets_one_attempt_at_a_time,
            a_failing_receiver_is_tried_again_after_an_interrupted_attempt,
            deliveries_are_ended_in_steps,
            a_replay_begins_the_deadline_anew,
            a_webhook_that_is_set_again_gets_what_is_still_pending,
            a_rotated_secret_signs_beside_the_one_before_for_a_while,
            a_gone_receiver_ends_what_is_pending,
            what_is_pending_ends_with_its_webhook_or_key,
            a_replayed_delivery_is_due_at_the_beginning_of_the_schedule,
            deliveries_are_listed_newest_first_filtered_and_forgotten,
            an_event_goes_to_its_own_keys_webhook,
        );
    };
    ($open:path; $($promise:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            let (_guard, store) = $open().await;
            $crate::contract::$promise(store).await;
        })+
    };
}

type AnyStore = Arc<dyn Store>;

/// In the past by every machine's clock, so that it is old enough to be deleted.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap_or_default()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn new_account(number: u128, email: &str) -> NewAccount {
    NewAccount {
        id: id(number),
        email: email.to_owned(),
        password_hash: format!("$argon2id$hash-{number}"),
        role: Role::Admin,
        created_at: at(0),
    }
}

fn plain_key(number: u64) -> PlainKey {
    PlainKey::generate(&mut StdRng::seed_from_u64(number))
}

fn new_key(number: u64, name: &str, created_at: DateTime<Utc>) -> NewApiKey {
    let key = plain_key(number);
    NewApiKey {
        id: id(1000 + u128::from(number)),
        name: name.to_owned(),
        prefix: key.prefix().to_owned(),
        digest: key.digest(),
        created_by: id(1),
        expires_at: None,
        created_at,
    }
}

async fn with_account(store: &AnyStore) {
    assert!(
        store
            .create_account(new_account(1, "ada@example.com"))
            .await
            .unwrap()
    );
}
