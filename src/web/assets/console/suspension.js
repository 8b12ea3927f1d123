// Suspending and reinstating a user, after a confirmation.

import { confirmDialog } from "../shared/dialog.js";
import { operator } from "./operator.js";

const PATH = "/admin/users";

/** Finds a user by handle. */
export async function findUser(handle, signal) {
  const { data } = await operator.send("GET", `${PATH}/@${encodeURIComponent(handle)}`, { signal });
  return data;
}

/** Asks, then suspends: the user as suspended, or null if the operator declined. */
export async function suspend({ handle }) {
  const isConfirmed = await confirmDialog(`Suspend @${handle}?`,
    "The user will not be able to write, and the user’s profile and cruds will not be shown, until an administrator reinstates the user. Private messages can still be read.",
    { confirm: "Suspend" });
  return isConfirmed ? change("PUT", handle) : null;
}

/** Asks, then reinstates: the user as reinstated, or null if the operator declined. */
export async function reinstate({ handle }) {
  const isConfirmed = await confirmDialog(`Reinstate @${handle}?`,
    "The user will be able to write again, and the user’s profile and cruds that have not expired will be shown.",
    { confirm: "Reinstate" });
  return isConfirmed ? change("DELETE", handle) : null;
}

async function change(method, handle) {
  const { data } = await operator.send(method, `${PATH}/@${handle}/suspend`);
  return data;
}
