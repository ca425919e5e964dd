#![expect(
    clippy::unwrap_used,
    reason = "this is a test suite: a failed step fails the test"
)]
//! The contract of all engines, as tests. An engine's test calls [`suite!`](crate::suite) with a function that opens
//! an empty store. To add a test, write it in the module of its subject and list it in `contract_tests!`.

mod accounts;
mod api_keys;
mod call_list;
mod calls;
mod key_search;
mod purge;
mod sessions;
mod webhooks;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use ori_key::PlainKey;
use ori_shared::account::Role;
use rand::SeedableRng;
use rand::rngs::StdRng;
use uuid::Uuid;

use crate::{NewAccount, NewApiKey, Store};

/// Passes every test of the suite to a macro. A test that is not listed here is dead code, which the compiler reports.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ($callback:path, $($argument:tt)*) => {
        $callback! { $($argument)*
            accounts one_account_is_the_first_however_many_race,
            accounts an_email_is_taken_once,
            accounts a_timezone_is_kept_per_account,
            accounts a_setup_link_works_until_there_is_an_account,
            api_keys a_created_key_is_found_by_id_and_by_digest,
            api_keys a_change_touches_only_what_it_names,
            api_keys a_deleted_key_is_gone_for_good,
            api_keys keys_are_listed_newest_first_in_pages_that_neither_skip_nor_repeat,
            api_keys keys_are_sorted_by_the_shared_rule_in_pages_that_neither_skip_nor_repeat,
            api_keys a_page_is_stable_while_keys_come_and_go,
            api_keys search_in_the_store_is_the_shared_rule,
            api_keys keys_of_another_system_are_taken_over_once,
            call_list filters_and_search_go_together,
            call_list a_search_finds_calls_in_each_normalisation,
            call_list among_very_many_calls_a_page_may_be_short,
            calls a_call_is_recorded_only_with_a_key_that_works,
            calls a_call_and_a_noted_use_move_the_keys_last_use_forward,
            calls racing_repetitions_record_one_call,
            calls a_claim_is_scoped_released_and_forgotten,
            purge an_idempotency_record_outlives_its_open_call,
            purge what_changed_lately_is_not_purged,
            calls the_queue_is_bounded_and_in_order,
            calls each_change_of_a_call_has_a_later_time_whatever_the_clocks_are,
            calls results_may_repeat_and_overtake,
            calls a_step_of_an_earlier_attempt_moves_nothing,
            calls orphaned_calls_are_recovered,
            calls a_call_that_goes_back_and_forth_has_a_bounded_history,
            calls calls_are_listed_newest_first_and_filtered,
            calls calls_are_found_by_how_they_begin,
            key_search a_search_neither_skips_nor_repeats,
            key_search a_search_follows_every_change,
            key_search among_very_many_keys_a_search_goes_on_page_by_page,
            purge old_calls_are_purged_step_by_step,
            purge what_hangs_on_a_purged_call_goes_with_it,
            purge purging_hurts_no_call_that_is_made_meanwhile,
            sessions a_session_leads_to_its_account_until_it_is_deleted,
            sessions a_session_ends_when_idle_and_at_its_absolute_limit,
            sessions a_deactivated_account_has_no_session_any_more,
            sessions no_session_of_an_account_outlives_its_deactivation,
            sessions a_session_has_the_role_that_its_account_has_now,
            sessions starting_a_session_forgets_those_that_ended,
            webhooks a_webhook_is_set_changed_and_removed,
            webhooks each_change_that_matters_makes_one_event,
            webhooks only_an_unanswered_refusal_makes_an_event,
            webhooks an_event_tells_the_call_as_it_stood,
            webhooks no_webhook_no_event,
            webhooks a_claim_is_alone_until_it_lapses,
            webhooks a_clock_that_was_set_back_holds_no_event_up,
            webhooks a_webhook_gets_no_more_than_its_share,
            webhooks idle_webhooks_are_claimed_first,
            webhooks a_claim_is_bounded_by_the_bytes_of_its_bodies,
            webhooks a_failing_receiver_gets_one_attempt_at_a_time,
            webhooks a_failing_receiver_is_tried_again_after_an_interrupted_attempt,
            webhooks deliveries_are_ended_in_steps,
            webhooks a_replay_begins_the_deadline_anew,
            webhooks a_webhook_that_is_set_again_gets_what_is_still_pending,
            webhooks a_rotated_secret_signs_beside_the_one_before_for_a_while,
            webhooks a_gone_receiver_ends_what_is_pending,
            webhooks what_is_pending_ends_with_its_webhook_or_key,
            webhooks a_replayed_delivery_is_due_at_the_beginning_of_the_schedule,
            webhooks deliveries_are_listed_newest_first_filtered_and_forgotten,
            webhooks an_event_goes_to_its_own_keys_webhook,
        }
    };
}

/// Defines a test for each test of the suite. `$open` is an async function that returns `(guard, Arc<dyn Store>)`: an
/// empty store, and what must live as long as it.
#[macro_export]
macro_rules! suite {
    ($open:path) => {
        $crate::contract_tests! { $crate::suite, $open; }
    };
    ($open:path; $($module:ident $test:ident,)+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let (_guard, store) = $open().await;
            $crate::contract::run(stringify!($test), store).await;
        })+
    };
}

macro_rules! define_run {
    (; $($module:ident $test:ident,)+) => {
        /// Runs the test of that name.
        ///
        /// # Panics
        /// If the store breaks the contract, or there is no such test.
        pub async fn run(test: &str, store: AnyStore) {
            match test {
                $(stringify!($test) => Box::pin($module::$test(store)).await,)+
                _ => panic!("the suite has no test {test}"),
            }
        }
    };
}

contract_tests! { define_run, ; }

type AnyStore = Arc<dyn Store>;

/// A time in the past by every machine's clock, so that rows are old enough to be deleted.
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
