/**
 * Real processes of the service on a real `denokv` and on a real file, while each of them stands still, dies or goes
 * silent: `deno task test:chaos`. It measures real time, so it is no condition of a change.
 *
 * `denokv` is taken from the variable `DENOKV` or from `PATH` (`cargo install denokv --locked`). Without it, only the cases
 * on a file run.
 */
import { pause } from "../../support/service_process.ts";
import { Relay } from "./denokv.ts";
import { onDenokv, onFile, play, restart, sayWhatIsLeftOut } from "./stage.ts";

sayWhatIsLeftOut();

for (const seconds of [1, 5, 20]) {
  onDenokv(
    `denokv stands still for ${seconds} s`,
    (name, denokv, place) => play(name, place, () => denokv.standStill(seconds * 1000)),
  );
}

onDenokv("the connection of one process goes silent", async (name, denokv, { bed }) => {
  await using relay = new Relay(denokv.port);
  await play(name, { bed, kvPaths: [relay.url, denokv.url] }, async () => {
    relay.goSilent({ newOnesToo: false });
    // Those who come now meet the silence.
    await pause(1000);
  }, { mayLoseCodes: true });
});

onDenokv("the network to denokv is silent for 8 s", async (name, denokv, { bed }) => {
  await using relay = new Relay(denokv.port);
  await play(name, { bed, kvPaths: [relay.url, relay.url] }, async () => {
    relay.goSilent({ newOnesToo: true });
    await pause(8000);
    relay.mend();
  }, { mayLoseCodes: true });
});

onDenokv(
  "a process is killed, and is back after 2 s",
  (name, _, place) =>
    play(name, place, async (stage) => {
      stage.services[0]?.kill("SIGKILL");
      await pause(2000);
      await restart(stage, 0, "SIGKILL");
    }, { mayLoseCodes: true }),
);

onFile(
  "the process on a file stands still for 5 s",
  (name, place) =>
    play(name, place, async ({ services: [service] }) => {
      service?.kill("SIGSTOP");
      await pause(5000);
      service?.kill("SIGCONT");
      // An answer of Amazon that came meanwhile can be found too late.
    }, { mayLoseCodes: true }),
);

onFile(
  "the process on a file is killed, and is started again",
  (name, place) =>
    play(name, place, async (stage) => void await restart(stage, 0, "SIGKILL"), { mayLoseCodes: true }),
);
