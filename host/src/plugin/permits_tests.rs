use super::*;

const CALL_MAX: Duration = Duration::from_millis(50);

fn firm() -> TenantId {
    TenantId::at(1)
}

/// Takes places for some firms until none is free at once.
async fn taken(plugin: &PluginPermits, firms: usize) -> Vec<Permit> {
    let mut held = Vec::new();
    for firm in (0..firms).map(|_| firm()) {
        while let Some(permit) = at_once(plugin, firm).await {
            held.push(permit);
        }
    }
    held
}

async fn at_once(plugin: &PluginPermits, firm: TenantId) -> Option<Permit> {
    tokio::time::timeout(Duration::from_millis(1), plugin.waited(firm)).await.ok().flatten()
}

#[tokio::test]
async fn a_firm_whose_calls_hang_leaves_the_plugin_to_the_others() {
    let plugin = Permits::new(Weight::Light, &Modest::new()).of_plugin(CALL_MAX);
    let held = taken(&plugin, 1).await;
    assert_eq!(held.len(), limits::PLUGIN_CALLS_PER_TENANT);
    assert!(at_once(&plugin, firm()).await.is_some());
}

#[tokio::test]
async fn a_plugin_that_hangs_everywhere_leaves_the_others_their_places() {
    let permits = Permits::new(Weight::Light, &Modest::new());
    let (hung, good) = (permits.of_plugin(CALL_MAX), permits.of_plugin(CALL_MAX));
    let held = taken(&hung, 20).await;
    assert_eq!(held.len(), limits::PLUGIN_CALLS_PER_PLUGIN);
    let others = taken(&good, 20).await;
    assert_eq!(others.len(), limits::PLUGIN_CALLS_AT_ONCE as usize - held.len());
    drop((held, others));
    assert!(at_once(&hung, firm()).await.is_some(), "a place given back is free");
}

#[tokio::test]
async fn interpreters_have_places_of_their_own() {
    let (light, heavy) = (Permits::new(Weight::Light, &Modest::new()), Permits::new(Weight::Heavy, &Modest::new()));
    let (first, second) = (heavy.of_plugin(CALL_MAX), heavy.of_plugin(CALL_MAX));
    let held = taken(&first, 9).await;
    assert_eq!(held.len(), limits::PLUGIN_HEAVY_CALLS_PER_PLUGIN);
    let more = taken(&second, 9).await;
    assert_eq!(held.len() + more.len(), limits::PLUGIN_HEAVY_CALLS_AT_ONCE as usize);
    assert_eq!(taken(&light.of_plugin(CALL_MAX), 9).await.len(), limits::PLUGIN_CALLS_PER_PLUGIN);
}

#[tokio::test]
async fn long_calls_wait_for_one_another_and_not_for_ever() {
    let permits = Permits::new(Weight::Light, &Modest::new());
    let (long, other) = (permits.of_plugin(CALL_MAX), permits.of_plugin(CALL_MAX));
    let later = || std::time::Instant::now() + Duration::from_mins(1);
    let share = long.share(firm());
    let places: Vec<_> = (0..cores()).map(|_| LongPlace::default()).collect();
    for place in &places {
        share.long_place(place, later()).await;
        assert!(place.get().is_some(), "there is one for each processor");
    }
    let (late, next, foreign) = (LongPlace::default(), LongPlace::default(), LongPlace::default());
    share.long_place(&late, std::time::Instant::now()).await;
    assert!(late.get().is_none(), "whose time is up goes on without");
    other.share(firm()).long_place(&foreign, later()).await;
    assert!(foreign.get().is_some(), "another plugin has its own");
    drop(places);
    share.long_place(&next, later()).await;
    assert!(next.get().is_some(), "a place given back is free");
}

/// What nobody may burn at once, and half a second of a firm's part more.
fn too_much() -> Duration {
    limits::PLUGIN_BURN_AT_ONCE + Duration::from_millis(500) * cores() * limits::PLUGIN_BURN_PERCENT_PER_TENANT / 100
}

#[tokio::test]
async fn whoever_burnt_too_much_waits_while_others_want_the_machine() {
    let permits = Permits::new(Weight::Light, &Modest::new());
    let (hog, good, us) = (permits.of_plugin(CALL_MAX), permits.of_plugin(CALL_MAX), firm());
    let share = Arc::clone(&hog.permit(us).await.unwrap().share);
    share.charge(limits::PLUGIN_BURN_AT_ONCE);
    drop(good.permit(firm()).await);
    assert!(at_once(&hog, us).await.is_some(), "that much is fine");
    share.charge(too_much());
    assert!(share.is_greedy() && at_once(&hog, us).await.is_none());

    // The others go on calling: it waits until what it took is made up for.
    let began = Instant::now();
    let others = async {
        loop {
            drop(good.permit(firm()).await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        permit = hog.waited(us) => assert!(permit.is_some()),
        () = others => unreachable!("they never end"),
    }
    let waited = began.elapsed();
    assert!(waited > Duration::from_millis(200), "it should have waited longer than {waited:?}");
}

#[tokio::test]
async fn a_plugin_does_not_burn_more_by_burning_for_many_firms() {
    let permits = Permits::new(Weight::Light, &Modest::new());
    let (hog, good) = (permits.of_plugin(CALL_MAX), permits.of_plugin(CALL_MAX));
    for _ in 0..40 {
        let share = Arc::clone(&hog.permit(firm()).await.unwrap().share);
        share.charge(limits::PLUGIN_BURN_AT_ONCE / 4);
    }
    drop(good.permit(firm()).await);
    assert!(at_once(&hog, firm()).await.is_none(), "each firm alone is modest, the plugin is not");
    assert!(at_once(&good, firm()).await.is_some());
}

#[tokio::test]
async fn whoever_is_alone_does_not_wait_nor_do_hogs_for_each_other() {
    let permits = Permits::new(Weight::Light, &Modest::new());
    let (hog, other, good, us) =
        (permits.of_plugin(CALL_MAX), permits.of_plugin(CALL_MAX), permits.of_plugin(CALL_MAX), firm());
    let shares = [&hog, &other].map(|plugin| plugin.share(us));
    for share in &shares {
        share.charge(Duration::from_secs(100));
    }
    assert!(
        at_once(&hog, us).await.is_some() && at_once(&other, us).await.is_some() && at_once(&hog, us).await.is_some()
    );
    drop(good.permit(firm()).await);
    assert!(at_once(&hog, us).await.is_none());
    assert!(hog.permit(us).await.is_some(), "the good one has gone; it would have to wait for minutes");
}

#[tokio::test]
async fn nobody_waits_for_having_burnt_in_a_simulation() {
    let permits = Permits::new(Weight::Light, &Modest::silent());
    let (hog, good, us) = (permits.of_plugin(CALL_MAX), permits.of_plugin(CALL_MAX), firm());
    let share = Arc::clone(&hog.permit(us).await.unwrap().share);
    share.charge(Duration::from_secs(100));
    drop(good.permit(firm()).await);
    assert!(!share.is_greedy() && at_once(&hog, us).await.is_some());
}

#[tokio::test]
async fn whoever_burnt_too_much_cannot_begin_many_calls_at_once() {
    let permits = Permits::new(Weight::Light, &Modest::new());
    let (hog, good, us) = (permits.of_plugin(CALL_MAX), permits.of_plugin(CALL_MAX), firm());
    let share = hog.share(us);
    share.charge(limits::PLUGIN_BURN_AT_ONCE + Duration::from_millis(5));
    // Nobody else calls yet, so nothing makes it wait: what it took has to be made up for all the same.
    while share.purses().iter().any(|purse| purse.over().is_some()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let others = async {
        loop {
            drop(good.permit(firm()).await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let mut held = Vec::new();
    let many = async {
        while let Some(permit) = at_once(&hog, us).await {
            held.push(permit);
        }
    };
    tokio::select! { () = many => (), () = others => () }
    assert!((1..=4).contains(&held.len()), "{} calls at once", held.len());
    drop(held);
    assert!(!share.is_overdrawn(), "what was not burnt was given back");
}

#[tokio::test]
async fn of_whoever_burnt_too_much_no_more_calls_begin_than_there_are_processors() {
    let permits = Permits::new(Weight::Light, &Modest::new());
    let (hog, us) = (permits.of_plugin(CALL_MAX), firm());
    hog.share(us).charge(too_much());
    let mut held = Vec::new();
    while let Some(permit) = at_once(&hog, us).await {
        assert!(permit.long_place.get().is_some(), "it is taken for a long one");
        held.push(permit);
    }
    assert_eq!(held.len(), cores() as usize, "even where nobody else wants the machine");
}
