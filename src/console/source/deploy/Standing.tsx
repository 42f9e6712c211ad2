/** How things stand: what is in force and proven, and whatever somebody should know before anything else. */

import type { ComponentChildren } from "preact";
import { duration } from "../format.ts";
import { now } from "../live/clock.ts";
import { Icon, type IconName } from "../parts/Icon.tsx";
import { words as common } from "../preferences.ts";
import { code } from "../server.ts";
import { moment, time } from "./moments.ts";
import type { Difference, Trial } from "./shapes.ts";
import { confirm, look, shown, silence, standing, work } from "./state.ts";
import { words } from "./words.ts";

export function Standing() {
  const current = standing.value?.in_force ?? null;
  const say = words();
  return (
    <section class="panel standing" aria-labelledby="standing-title">
      <header>
        <h2 id="standing-title">{say.inForce}</h2>
      </header>
      {current === null ? (
        <p class="empty">{standing.value === null ? "…" : say.nothingInForce}</p>
      ) : (
        <>
          <p class="number">{say.generation(current.generation)}</p>
          <p class={`proof ${current.is_verified ? "good" : "bad"}`}>
            <Icon name={current.is_verified ? "ready" : "late"} />
            {current.is_verified ? say.proven : say.unproven}
          </p>
          {!current.is_verified && current.reason && <p class="quiet">{current.reason}</p>}
          <p class="quiet">
            {say.appliedBy(current.by, moment(current.created))}
            {current.is_verified && `, ${say.provenAt(moment(current.since))}`}
          </p>
        </>
      )}
    </section>
  );
}

/** What stands above everything else. Announced when it comes. */
export function Banners() {
  const say = words();
  const current = standing.value;
  const plan = shown.value?.target === null ? shown.value.plan : null;
  const drift = current?.drift ?? null;
  const differences = plan?.drift ?? [...(drift?.files ?? []), ...(drift?.asterisk ?? [])];
  const restarts = plan?.restarts ?? drift?.restarts ?? [];
  const isSwitchAway = plan ? !plan.is_asterisk_read : drift !== null && !drift.is_asterisk_read;
  return (
    <div class="banners" role="status">
      {silence.value && (
        <Banner icon="lost" kind="alarm">
          {code(silence.value) === "database-away" ? say.databaseAway : say.unheard}
        </Banner>
      )}
      {current?.trial && <OnTrial trial={current.trial} />}
      {isSwitchAway && current?.in_force && (
        <Banner icon="lost" kind="warning">
          {say.switchAway}
        </Banner>
      )}
      {differences.length > 0 && <Drifted differences={differences} isListed={plan !== null} />}
      {restarts.length > 0 && current?.in_force && plan?.base !== null && (
        <Banner icon="syncing" kind="warning">
          {say.restart(restarts.join(", "))}
        </Banner>
      )}
    </div>
  );
}

interface BannerProps {
  icon: IconName;
  kind: "alarm" | "warning" | "trial";
  children: ComponentChildren;
}

function Banner({ icon, kind, children }: BannerProps) {
  return (
    <div class={`banner ${kind}`}>
      <Icon name={icon} />
      <div class="said">{children}</div>
    </div>
  );
}

function OnTrial({ trial }: { trial: Trial }) {
  const say = words();
  const left = trial.until - now.value;
  const isBusy = work.value !== null;
  return (
    <Banner icon="in_progress" kind="trial">
      <p>
        {left > 0 ? say.trial(trial.generation, time(trial.until)) : say.trialOver(trial.generation)}{" "}
        {left > 0 && (
          <span class="time left" aria-hidden="true">
            {say.trialLeft(duration(left, common().day))}
          </span>
        )}
      </p>
      {left > 0 && (
        <p class="acts">
          <button type="button" class="main" disabled={isBusy} onClick={() => void confirm()}>
            {say.keep}
          </button>
          <button type="button" disabled={isBusy} onClick={() => void look(trial.base)}>
            {say.backNow}
          </button>
        </p>
      )}
    </Banner>
  );
}

function Drifted({ differences, isListed }: { differences: Difference[]; isListed: boolean }) {
  const say = words();
  const files = differences.filter(({ place }) => place === "file").length;
  const told = [files > 0 && say.handEdits(files), differences.length > files && say.foreign(differences.length - files)];
  return (
    <Banner icon="late" kind="warning">
      {say.drifted} {told.filter(Boolean).join(", ")}. {isListed && <a href="#drift">{say.seeBelow}</a>}
    </Banner>
  );
}
