/** The words of the deploy page in the chosen language. */

import { language } from "../preferences.ts";
import { en, type DeployWords } from "../words/deploy.en.ts";
import { fr } from "../words/deploy.fr.ts";

export function words(): DeployWords {
  return language.value === "fr" ? fr : en;
}
