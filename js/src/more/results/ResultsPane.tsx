// The Results tab: how often each answer was given, and how far everybody is. Every number names its n.
import { useSignal, useSignalEffect } from "@preact/signals";
import { Fragment, type JSX } from "preact";
import { count, counted, duration } from "../../blocks/format";
import { Failure, Waiting } from "../../blocks/pieces";
import { Inline } from "../../markdown";
import { useView } from "../../panes/context";
import type { Question, ResultsReply } from "../../protocol";
import { optionsOf } from "../../state/values";

type Distribution = ResultsReply["distributions"][number];
type Reviewer = ResultsReply["reviewers"][number];

export function ResultsPane(_: object): JSX.Element {
  const { review } = useView();
  const reply = useSignal<ResultsReply | null>(null);
  const trouble = useSignal("");
  const again = useSignal(0);
  useSignalEffect(() => {
    again.value;
    review.hello.value;
    review.progress.value;
    review.rpc.call("results", {}).then(
      (found) => {
        trouble.value = "";
        reply.value = found;
      },
      (error: unknown) => {
        trouble.value = error instanceof Error ? error.message : String(error);
      },
    );
  });
  const found = reply.value;
  if (trouble.value && !found)
    return (
      <div class="lw-state">
        <Failure
          message={trouble.value}
          retry={() => {
            again.value++;
          }}
        />
      </div>
    );
  if (!found)
    return (
      <div class="lw-state">
        <Waiting />
      </div>
    );
  const questions = new Map(review.questions.value.map((question) => [question.name, question]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section class="lw-results" tabIndex={0} aria-label="Results">
      {found.distributions.map((one) => (
        <Answers key={one.name} distribution={one} question={questions.get(one.name)} />
      ))}
      <Reviewers reviewers={found.reviewers} />
    </section>
  );
}

type AnswersProps = { distribution: Distribution; question: Question | undefined };

function Answers({ distribution, question }: AnswersProps): JSX.Element {
  const { title, n, mean } = distribution;
  const bars = barsOf(distribution, question);
  const most = Math.max(1, ...bars.map(([, number]) => number));
  const known = bars.reduce((sum, [, number]) => sum + number, 0);
  const average = mean === null || mean === undefined ? "" : ` · mean ${mean.toFixed(2)}`;
  return (
    <article class="lw-stat">
      <h3>
        <Inline text={title} />
        <small>
          {" "}
          · {counted(n, "label")}
          {average}
        </small>
      </h3>
      {n === 0 && <p class="lw-muted">No label yet.</p>}
      {bars.map(([label, number]) => (
        <Bar
          key={label}
          label={label}
          share={number / most}
          text={`${count(number)} · ${n > 0 ? Math.round((number / n) * 100) : 0}%`}
        />
      ))}
      {question?.input.kind === "categorical_list" && n > 0 && (
        <p class="lw-muted">
          {counted(known, "choice")} in {counted(n, "label")}.
        </p>
      )}
    </article>
  );
}

/** Options in their own order, those that nobody chose too; anything else by how often it was said. */
function barsOf({ values, n }: Distribution, question: Question | undefined): [string, number][] {
  const given = new Map(values.map(([label, number]) => [label, number] as const));
  const options = question ? optionsOf(question.input) : [];
  if (options.length === 0) return n > 0 ? values.slice(0, 10).map(([a, b]) => [a, b]) : [];
  const listed = options.map(({ label, value }): [string, number] => [
    label,
    given.get(label) ?? given.get(String(value)) ?? 0,
  ]);
  const names = new Set(options.flatMap(({ label, value }) => [label, String(value)]));
  const others = values.filter(([label]) => !names.has(label));
  const ordered = question?.input.kind === "rating" ? listed.reverse() : listed;
  return [...ordered, ...others.map(([a, b]): [string, number] => [a, b])];
}

function Reviewers({ reviewers }: { reviewers: readonly Reviewer[] }): JSX.Element {
  return (
    <article class="lw-stat">
      <h3>
        Reviewers<small> · {counted(reviewers.length, "reviewer")}</small>
      </h3>
      {reviewers.length === 0 && <p class="lw-muted">Nobody has begun.</p>}
      {reviewers.map(({ name, progress: { completed, skipped, total }, median_ms, timed }) => (
        <Fragment key={name}>
          <Bar
            key={name}
            label={name}
            share={total > 0 ? completed / total : 0}
            text={`${count(completed)} / ${count(total)}${skipped > 0 ? ` · ${count(skipped)} skipped` : ""}`}
          />
          {median_ms !== null && total > completed + skipped && (
            <p class="lw-muted">
              About {duration(Math.max(60_000, median_ms * (total - completed - skipped)))} left:{" "}
              {duration(median_ms)} a trace, the median of {count(timed)}.
            </p>
          )}
        </Fragment>
      ))}
    </article>
  );
}

function Bar({ label, share, text }: { label: string; share: number; text: string }): JSX.Element {
  return (
    <div class="lw-share">
      <span title={label} dir="auto">
        <Inline text={label} />
      </span>
      <span class="lw-share-ground" aria-hidden="true">
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <span class="lw-num">{text}</span>
    </div>
  );
}
