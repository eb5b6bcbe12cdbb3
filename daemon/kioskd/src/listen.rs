//! Where the daemon listens: the API, metrics, the control socket, and the preview's two ways.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::middleware::from_fn_with_state;
use kiosk_api::screening::Screening as _;
use kiosk_api::service::{Caller, Verifications};
use kiosk_store::Store;
use kiosk_sync::SyncHandle;

use crate::answers;
use crate::config::Config;
use crate::control::{self, Control};
use crate::courier;
use crate::live;
use crate::metrics::Metrics;
use crate::office;
use crate::preview::{self, Origins, Previews, Sessions, Tokens, UnixPreview, WebPreview};
use crate::serve::{Listener, bind_tcp, serve};
use crate::service::Service;
use crate::station::{self, Feeding, Sources, Station};
use crate::supervise::Supervisor;

/// How often it is looked whether a session can be begun.
const ROOM_EVERY: Duration = Duration::from_secs(1);

/// Binds every listener that the config names, and has each served.
pub(crate) async fn listen(
    config: &Config,
    service: &Arc<Service>,
    (store, sync): (&Store, Option<&SyncHandle>),
    (metrics, screens): (&Metrics, Option<Screens>),
    supervisor: &mut Supervisor,
) -> anyhow::Result<()> {
    if let Some((previews, _)) = &screens {
        tell_of_room(previews, service, supervisor);
    }
    if let Some(api) = &config.api {
        let codes = api.otp.as_ref().map(courier::codes).transpose()?;
        let verifications = Arc::clone(service) as Arc<dyn Verifications>;
        let carried = codes.as_ref().map(|codes| Arc::clone(&codes.courier));
        let office = office::open(api, Arc::clone(&verifications), carried).await?;
        let mut router = kiosk_api::router(
            verifications,
            api.keys.clone(),
            api.limits.clone(),
            api.public_url.clone(),
            codes,
            office,
        );
        if let Some((previews, tokens)) = &screens {
            let web = WebPreview {
                previews: previews.clone(),
                tokens: Arc::clone(tokens),
                origins: Origins::new(&api.public_url, api.listen),
                sessions: Arc::clone(service) as Arc<dyn Sessions>,
                stop: supervisor.stopping(),
            };
            router = router.merge(web.router());
        }
        let timed = from_fn_with_state(metrics.answers().clone(), answers::timed);
        let router = router.layer(timed);
        let router = kiosk_api::origin::told(router, api.address_header.clone());
        let listener = bind_tcp(api.listen)
            .with_context(|| format!("[api] listen: {} can't be bound", api.listen))?;
        tracing::info!(address = %api.listen, "the HTTP API listens");
        add_listener(supervisor, "api", Listener::Tcp(listener), router);
    }
    if let Some(wanted) = &config.control {
        let router = control(config, service, metrics, screens)?.router();
        let listener = control::bind(&wanted.socket).with_context(|| {
            format!(
                "[control] socket: {} can't be bound",
                wanted.socket.display()
            )
        })?;
        add_listener(supervisor, "control", Listener::Unix(listener), router);
    }
    // Last, since who asks whether it lives may then ask for the rest.
    if let Some(wanted) = &config.metrics {
        let analyst = Arc::clone(service.analyst());
        let router = metrics
            .clone()
            .router(refresh(service, store, sync), move || analyst.is_running());
        let listener = tokio::net::TcpListener::bind(wanted.listen)
            .await
            .with_context(|| format!("[metrics] listen: {} can't be bound", wanted.listen))?;
        add_listener(supervisor, "metrics", Listener::Tcp(listener), router);
    }
    Ok(())
}

/// The preview's hubs and its tokens.
pub(crate) type Screens = (Previews, Arc<Tokens>);

/// The preview's hubs, its tokens and its Unix socket, where a preview is wanted.
pub(crate) fn screens(
    config: &Config,
    supervisor: &mut Supervisor,
) -> anyhow::Result<Option<Screens>> {
    let Some(wanted) = &config.preview else {
        return Ok(None);
    };
    let previews = Previews::new(wanted.jpeg_quality);
    let staff = wanted.staff_token.as_deref().map(preview::staff_token);
    let staff = staff.transpose().context("[preview] staff_token")?;
    if let Some(socket) = &wanted.socket {
        let listener = control::bind(socket)
            .with_context(|| format!("[preview] socket: {} can't be bound", socket.display()))?;
        let mut served = Some(UnixPreview::new(previews.clone(), listener));
        let stop = supervisor.stopping();
        supervisor.add("preview", move || {
            let (served, stop) = (served.take(), stop.clone());
            async move {
                let Some(served) = served else {
                    bail!("its listener is gone")
                };
                served.serve(stop).await;
                Ok(())
            }
        });
    }
    Ok(Some((previews, Arc::new(Tokens::new(staff)))))
}

/// Screens are told where no session can be begun.
fn tell_of_room(previews: &Previews, service: &Arc<Service>, supervisor: &mut Supervisor) {
    let (previews, service) = (previews.clone(), Arc::clone(service));
    supervisor.every(ROOM_EVERY, "room", move || {
        previews.turn_away(service.turns_away());
        std::future::ready(Ok(()))
    });
}

fn control(
    config: &Config,
    service: &Arc<Service>,
    metrics: &Metrics,
    screens: Option<Screens>,
) -> anyhow::Result<Control> {
    let previews = screens.map(|(previews, _)| previews);
    let sources = Sources {
        cameras: config.cameras.clone(),
        recordings: config.station.recordings.clone(),
        feeding: Feeding::Live,
        previews,
        plan: station::plan(&config.cameras, metrics).context("frames can't be converted")?,
        metrics: metrics.clone(),
    };
    let station = Station::new(Arc::clone(service), sources).before(config.station.screen);
    let caller = Caller::new(&config.kiosk.tenant, "station");
    Ok(Control::new(Arc::new(station), caller))
}

/// A listener is bound once; its unit ends only when it has to stop.
fn add_listener(
    supervisor: &mut Supervisor,
    name: &'static str,
    listener: Listener,
    router: axum::Router,
) {
    let stop = supervisor.stopping();
    let mut parts = Some((listener, router));
    supervisor.add(name, move || {
        let parts = parts.take();
        let stop = stop.clone();
        async move {
            let Some((listener, router)) = parts else {
                bail!("its listener is gone")
            };
            serve(listener, router, stop).await;
            Ok(())
        }
    });
}

/// Sets the gauges that are known only by asking, before each answer.
fn refresh(
    service: &Arc<Service>,
    store: &Store,
    sync: Option<&SyncHandle>,
) -> impl Fn(&Metrics) + Clone + Send + Sync + 'static {
    let (service, store, sync) = (
        Arc::clone(service),
        store.clone(),
        sync.map(SyncHandle::state),
    );
    move |metrics| {
        metrics.set_outbox(store.newest().saturating_sub(store.acknowledged()));
        metrics.set_sync(live::gauge(sync.as_ref()));
        metrics.set_engine(&service.analyst().engine());
        metrics.set_watch_lists(service.lists_state());
        for (state, count) in service.journal().index().count_states() {
            metrics.set_sessions(state, count);
        }
    }
}
