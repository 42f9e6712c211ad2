/** Line icons, drawn on a grid of 24. They accompany words and never replace them, so they are hidden from readers. */

import type { VNode } from "preact";

const drawings = {
  ready: <path d="M20 6.5 9.5 17 4 11.5" />,
  ringing: <path d="M6 17V11a6 6 0 0 1 12 0v6m-14 0h16M10 20.5h4M2.5 9.5a9.6 9.6 0 0 1 2.2-5M21.5 9.5a9.6 9.6 0 0 0-2.2-5" />,
  call: (
    <path d="M6.2 3.8h3l1.6 4.6-2.2 1.7a12.6 12.6 0 0 0 5.3 5.3l1.7-2.2 4.6 1.6v3a2 2 0 0 1-2.2 2A16.3 16.3 0 0 1 4.2 6a2 2 0 0 1 2-2.2Z" />
  ),
  outbound: (
    <path d="M6.2 3.8h3l1.6 4.6-2.2 1.7a12.6 12.6 0 0 0 5.3 5.3l1.7-2.2 4.6 1.6v3a2 2 0 0 1-2.2 2A16.3 16.3 0 0 1 4.2 6a2 2 0 0 1 2-2.2ZM15 9l5.5-5.5M16 3.5h4.5V8" />
  ),
  pause: <path d="M8.5 5v14M15.5 5v14" />,
  wrap_up: <path d="m4 20 1-4.5L16.5 4l3.5 3.5L8.5 19 4 20Zm9.5-13 3.5 3.5" />,
  unreachable: <path d="m4 4 16 16M8 8.5V11a4 4 0 0 0 4 4m4-6.5V11M9.5 3v2M14.5 3v6M12 15v6" />,
  logged_out: <path d="M14 4.5h4.5v15H14M10.5 8l-4 4 4 4M7 12h9" />,
  waiting: <path d="M7 3.5h10M7 20.5h10M8 3.5v3.6c0 2 4 3.2 4 4.9 0-1.7 4-2.9 4-4.9V3.5M8 20.5v-3.6c0-2 4-3.2 4-4.9 0 1.7 4 2.9 4 4.9v3.6" />,
  menu: <path d="M6 5.5h.01M12 5.5h.01M18 5.5h.01M6 12h.01M12 12h.01M18 12h.01M12 18.5h.01" stroke-width="3.2" />,
  routing: <path d="M4 12h5c4 0 3-6 7-6h4m-3-3 3 3-3 3M9 12c4 0 3 6 7 6h4m-3-3 3 3-3 3" />,
  entering: <path d="M20 12H5m0 0 6-6m-6 6 6 6" />,
  held: <path d="M9.5 8v8M14.5 8v8M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z" />,
  voicemail: <path d="M6.5 8.5a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6Zm11 0a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6ZM6.5 16.1h11" />,
  callback: <path d="M9 5H4.5v4.5M5 9c2-3 5-4.5 8-4a7.5 7.5 0 1 1-7 10" />,
  message: <path d="M4 9.5v5h3.5l5 4v-13l-5 4H4Zm12-1a5 5 0 0 1 0 7M18.5 6a8.5 8.5 0 0 1 0 12" />,
  handled: <path d="M20 6.5 9.5 17 4 11.5" />,
  self_service: <path d="M9 4.5h6a1.5 1.5 0 0 1 1.5 1.5v12a1.5 1.5 0 0 1-1.5 1.5H9A1.5 1.5 0 0 1 7.5 18V6A1.5 1.5 0 0 1 9 4.5Zm2.5 12h1" />,
  overflowed: <path d="M4 17c6 0 6-10 12-10h4m-4-4 4 4-4 4" />,
  dissuaded: <path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM7.5 12h9" />,
  abandoned: <path d="M6 6l12 12M18 6 6 18" />,
  technical: <path d="M12 4 3 19.5h18L12 4Zm0 6v4.5m0 2.5v.01" />,
  blocked: <path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM5.7 5.7l12.6 12.6" />,
  live: <path d="M12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM7 7a7 7 0 0 0 0 10M17 7a7 7 0 0 1 0 10" />,
  lost: <path d="m4 4 16 16M7 7a7 7 0 0 0 0 10M17 7a7 7 0 0 1 1.5 7.5M12 14.5a2.5 2.5 0 0 1-2.5-2.5" />,
  syncing: <path d="M20 12a8 8 0 1 1-2.5-5.8M20 3.5v4h-4" />,
  internal: <path d="M4 9h15m0 0-4-4m4 4-4 4M20 17H5m0 0 4-4m-4 4 4 4" />,
  inbound: <path d="M19 5 6 18m0 0h9m-9 0V9" />,
  out: <path d="M6 18 19 5m0 0h-9m9 0v9" />,
  click: <path d="M10 10l9.5 3.5-4.2 1.8L13.5 19.5 10 10ZM7 3v2.5M3 7h2.5M4.2 4.2l1.8 1.8M10.5 4.2 9 5.7M4.2 10.5 5.7 9" />,
  parked: <path d="M6 3.5h12a2 2 0 0 1 2 2v13a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-13a2 2 0 0 1 2-2ZM9.5 17V7h3.5a3 3 0 0 1 0 6H9.5" />,
  conference: <path d="M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM3 19c0-3.5 2.5-5.5 6-5.5s6 2 6 5.5M16 5.3a3 3 0 0 1 0 5.4M17.5 13.9c2.2.7 3.5 2.5 3.5 5.100" />,
  spied: <path d="M7 9.5a5 5 0 0 1 10 0c0 3-2.5 3.8-3.2 6-.6 2-1.3 4-3.5 4-1.6 0-2.8-1.2-2.8-2.8M9.8 9.5a2.3 2.3 0 1 1 3.6 1.9" />,
  recorded: <path d="M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10Z" fill="currentcolor" />,
  settings: <path d="M4 7h9m5 0h2M4 17h3m5 0h8M15.5 4.5v5M9.5 14.5v5" />,
  late: <path d="M12 4 3 19.5h18L12 4Zm0 6v4.5m0 2.5v.01" />,
  received: <path d="M12 4v12m0 0-5-5m5 5 5-5M5 20h14" />,
  add: <path d="M12 5v14M5 12h14" />,
  change: <path d="M4 13c2.7-4 5.3-4 8-1s5.3 3 8-1" />,
  remove: <path d="M5 12h14" />,
  in_progress: <path d="M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM12 7.5V12l3 2" />,
} satisfies Record<string, VNode>;

export type IconName = keyof typeof drawings;

export function Icon({ name, class: extra = "" }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {drawings[name]}
    </svg>
  );
}
