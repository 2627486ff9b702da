/* The few words that the rules' tests need, in a browser as in node. */

export function equal(found, expected, about = "") {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${about} expected ${other}, found ${one}`.trim());
}

export function that(truth, about) {
  if (!truth) throw new Error(about);
}

/** Runs {sentence: test}; gives {sentence: null or what went wrong}. */
export async function run(tests) {
  const results = {};
  for (const [sentence, test] of Object.entries(tests)) {
    try {
      await test();
      results[sentence] = null;
    } catch (error) {
      results[sentence] = `${error.message}\n${error.stack}`;
    }
  }
  return results;
}
