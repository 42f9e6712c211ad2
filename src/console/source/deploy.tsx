/** The deploy page. */

import { render } from "preact";
import "./style/page.css";
import { followPreferences } from "./preferences.ts";

followPreferences();
render(<main />, document.getElementById("app")!);
