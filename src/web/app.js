// What pages gain where scripts run; without it everything can be read and sent all the same.
// Words come from the page, in its language. Nothing is moved under the reader.
(() => {
  "use strict";

  // what is kept for a while: private windows and full disks keep nothing
  const store = (area) => ({
    get(name) {
      try { return JSON.parse(window[area].getItem(name)); } catch { return null; }
    },
    set(name, value) {
      try { window[area].setItem(name, JSON.stringify(value)); } catch { /* it is only not kept */ }
    },
    drop(name) {
      try { window[area].removeItem(name); } catch { /* nothing was kept */ }
    },
  });

  // ---- a new version of the board: a notice, and a link that reloads at the reader's place
  const PLACE = "greenzone place";
  const here = () => location.pathname + location.search;
  const tab = store("sessionStorage");

  const comeBack = () => {
    const place = tab.get(PLACE);
    tab.drop(PLACE);
    if (place && place.page === here()) window.scrollTo(0, place.y);
  };

  const reload = (event) => {
    event.preventDefault();
    tab.set(PLACE, { page: here(), y: window.scrollY });
    location.reload();
  };

  const watch = (notice) => {
    let source = null;
    let later = 0;
    const show = (isNew) => {
      if (!isNew || notice.firstChild) {
        if (!isNew) notice.replaceChildren();
        return;
      }
      const link = document.createElement("a");
      link.href = here();
      link.textContent = notice.dataset.show;
      link.addEventListener("click", reload);
      notice.append(notice.dataset.said + " ", link);
    };
    const close = () => {
      clearTimeout(later);
      if (source) source.close();
      source = null;
    };
    const open = () => {
      close();
      source = new EventSource(notice.dataset.events);
      source.addEventListener("board", (event) => show(event.lastEventId !== notice.dataset.version));
      source.addEventListener("error", () => {
        // refused, as when too many listen: a browser does not try that again by itself
        if (source && source.readyState === EventSource.CLOSED) later = setTimeout(open, 60000);
      });
    };
    // nobody looks at a page that is hidden: its place is for somebody else
    const follow = () => (document.hidden ? close() : source || open());
    document.addEventListener("visibilitychange", follow);
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", follow);
    follow();
  };

  // ---- the form of a day's figure: kept on this device until it is recorded, sent once
  const device = store("localStorage");
  const TYPED = 'input:not([type="hidden"]), select, textarea';
  const PATIENCE = 20000;
  const PAUSE = 15000;
  let again = 0;

  const hidden = (form, name) => form.querySelector(`input[type="hidden"][name="${name}"]`);

  const keep = (form) => {
    const net = form.querySelector(".net");
    const name = `greenzone figure ${form.dataset.keep}`;
    const fields = [...form.querySelectorAll(TYPED)];
    const say = (what) => { net.textContent = net.dataset[what] || ""; };
    const waiting = () => (device.get(name) || {}).sent;

    const put = (sent) => {
      const typed = Object.fromEntries(fields.map((field) => [field.name, field.value]));
      device.set(name, { typed, sent, key: hidden(form, "key").value, seen: hidden(form, "seen").value });
    };

    const answered = async (answer) => {
      const to = new URL(answer.url);
      if (answer.redirected) {
        // where one signs in: what was typed waits for its return
        if (!to.pathname.startsWith("/sign-in")) device.drop(name);
        location.assign(answer.url);
        return;
      }
      // something is asked or refused: the page says what, with the form as it was typed
      device.drop(name);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelector("main").replaceWith(page.querySelector("main"));
      document.title = page.title;
      begin();
      const said = document.getElementById("said");
      if (said) {
        said.tabIndex = -1;
        said.focus();
      }
    };

    let isOnItsWay = false;
    const send = async () => {
      const body = waiting();
      clearTimeout(again);
      if (!body || isOnItsWay || !form.isConnected) return;
      isOnItsWay = true;
      say("sending");
      const tooLong = new AbortController();
      const limit = setTimeout(() => tooLong.abort(), PATIENCE);
      try {
        const answer = await fetch(form.action, {
          method: "POST",
          body: new URLSearchParams(body),
          credentials: "same-origin",
          signal: tooLong.signal,
        });
        if (answer.status >= 500 || answer.status === 429) throw new Error("later");
        await answered(answer);
      } catch {
        // whether it arrived is not known; the same key makes sure that it counts once
        say("offline");
        again = setTimeout(send, PAUSE);
      } finally {
        clearTimeout(limit);
        isOnItsWay = false;
      }
    };

    const kept = device.get(name);
    if (kept && kept.typed) {
      fields.forEach((field) => { if (kept.typed[field.name] !== undefined) field.value = kept.typed[field.name]; });
      hidden(form, "key").value = kept.key;
      hidden(form, "seen").value = kept.seen;
      say("kept");
      if (kept.sent) {
        // the token is this session's
        const token = new FormData(form).get("form");
        put(kept.sent.map(([field, value]) => [field, field === "form" && token ? token : value]));
        send();
      }
    } else {
      say(navigator.onLine ? "online" : "offline");
    }

    // who comes back to a number types another one, and not more digits behind it
    fields.filter((field) => field.inputMode === "numeric").forEach((field) => field.addEventListener("focus", () => field.select()));
    form.addEventListener("input", () => {
      // what is typed now is another figure than what waits
      clearTimeout(again);
      put(null);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = event.submitter;
      const body = [...new FormData(form)];
      if (button && button.name) body.push([button.name, button.value]);
      put(body);
      send();
    });
    window.addEventListener("online", () => (waiting() ? send() : say("online")));
    window.addEventListener("offline", () => say("offline"));
  };

  const begin = () => document.querySelectorAll("form[data-keep]").forEach(keep);

  const notice = document.querySelector("[data-events]");
  if (notice && window.EventSource) watch(notice);
  comeBack();
  if (window.fetch && window.AbortController) begin();
})();
