/** The top of the page: whose board it is, how live it is, the time, and what can be chosen. */

import { company, health } from "../live/state.ts";
import { now } from "../live/clock.ts";
import { date, duration, timeOfDay } from "../format.ts";
import { language, words } from "../preferences.ts";
import type { Session } from "../server.ts";
import { DeployNews } from "./DeployNews.tsx";
import { Icon, type IconName } from "./Icon.tsx";
import { Mark } from "./Mark.tsx";
import { Settings } from "./Settings.tsx";

interface Props {
  session: Session;
  onSignOut(): void;
}

export function Header({ session, onSignOut }: Props) {
  const zone = company.value?.time_zone ?? "UTC";
  const tongue = language.value;
  return (
    <header class="top">
      <a class="skip" href="#board">
        {words().skip}
      </a>
      <Mark />
      <h1>
        <bdi>{company.value?.name ?? "Cordboard"}</bdi>
      </h1>
      <HealthSign zone={zone} />
      {session.may_deploy && <DeployNews />}
      <p class="clock">
        <span class="quiet">{date(now.value, tongue, zone)}</span>
        <strong class="time">{timeOfDay(now.value, tongue, zone)}</strong>
      </p>
      <Settings session={session} onSignOut={onSignOut} />
    </header>
  );
}

/** Says how live the page is. Its words are announced when they change; the seconds are not. */
function HealthSign({ zone }: { zone: string }) {
  const current = health.value;
  const say = words();
  const at = (since: number) => timeOfDay(since, language.value, zone, true);
  const signs: Record<typeof current.state, { icon: IconName; text: string }> = {
    live: { icon: "live", text: say.live },
    connecting: { icon: "syncing", text: say.connecting },
    syncing: { icon: "syncing", text: "node" in current ? say.syncing(current.node) : "" },
    switchLost: { icon: "lost", text: "nodes" in current ? say.lost(current.nodes.map((one) => [one.node, at(one.since)])) : "" },
    feedLost: { icon: "lost", text: "since" in current ? say.feedLost(at(current.since)) : "" },
  };
  const sign = signs[current.state];
  return (
    <div class={`health ${current.state}`}>
      <Icon name={sign.icon} />
      <span role="status">{sign.text}</span>
      {"since" in current && current.state !== "syncing" && (
        <span class="time" aria-hidden="true">
          {duration(now.value - current.since, say.day)}
        </span>
      )}
    </div>
  );
}
