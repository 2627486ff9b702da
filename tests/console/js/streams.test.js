/* The cursors of the wire: which streams an opening resumes, which are asked for again, which are let go. */

import { Streams } from "../widget/wire/streams.js";
import { equal } from "./check.js";

const made = () => {
  const asked = [];
  const streams = new Streams({ ask: (wanted) => asked.push(Object.keys(wanted)), show: () => {} });
  return { asked, streams };
};

export const tests = {
  "What was followed while the line opened is asked for": () => {
    const { asked, streams } = made();
    const resumed = streams.cursors();
    streams.follow("t1", 4);
    asked.length = 0;
    streams.open("e", [], resumed);
    equal(asked, [["t1"]]);
  },
  "Of more streams than one opening can name the oldest are let go, and nothing is asked again": () => {
    const { asked, streams } = made();
    for (let at = 0; at < 70; at += 1) streams.follow(`t${at}`, 1);
    asked.length = 0;
    const resumed = streams.cursors();
    equal(Object.keys(resumed).length, 64);
    streams.open("e", [], resumed);
    equal(asked, []);
    equal([streams.seq("t5"), streams.seq("t6")], [null, 1]);
    equal(Object.keys(streams.cursors()), Object.keys(resumed));
  },
};
