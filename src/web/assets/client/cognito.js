// Cognito's hosted page: the authorization code flow with PKCE (RFC 7636). What has to survive the
// way there and back is kept for that long in the tab's own storage.

import { Refusal } from "../shared/api.js";

const UNDER_WAY = "sign_in_under_way";
/** The last one lets the server ask Cognito for the name behind a token it has not met. */
const SCOPES = "openid email profile aws.cognito.signin.user.admin";

/** Leaves for the hosted page. */
export async function startSignIn(settings, returnTo) {
  const verifier = randomText();
  const state = randomText();
  sessionStorage.setItem(UNDER_WAY, JSON.stringify({ verifier, state, returnTo }));
  const address = new URL("/oauth2/authorize", origin(settings));
  address.search = new URLSearchParams({
    response_type: "code",
    client_id: settings.client_id,
    redirect_uri: redirectUri(settings),
    scope: SCOPES,
    state,
    code_challenge: await challenge(verifier),
    code_challenge_method: "S256",
  });
  location.assign(address);
}

/** The access token, where the address holds the code of a sign-in that began in this tab. */
export async function finishSignIn(settings) {
  const query = new URLSearchParams(location.search);
  const begun = JSON.parse(sessionStorage.getItem(UNDER_WAY) ?? "null");
  if (!query.has("state") || query.get("state") !== begun?.state) return null;
  sessionStorage.removeItem(UNDER_WAY);
  history.replaceState(null, "", begun.returnTo);
  if (!query.has("code")) return null;
  const answer = await fetch(new URL("/oauth2/token", origin(settings)), {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: settings.client_id,
      redirect_uri: redirectUri(settings),
      code: query.get("code"),
      code_verifier: begun.verifier,
    }),
  });
  if (!answer.ok) throw new Refusal(answer.status, "generic_401", "Cognito did not accept the sign-in.");
  return (await answer.json()).access_token;
}

/** Ends Cognito's own session, which would sign the next person in without asking. */
export function signOut(settings) {
  const address = new URL("/logout", origin(settings));
  address.search = new URLSearchParams({
    client_id: settings.client_id,
    logout_uri: redirectUri(settings),
  });
  location.assign(address);
}

function origin({ domain }) {
  return domain.includes("://") ? domain : `https://${domain}`;
}

function redirectUri(settings) {
  return settings.redirect_uri ?? `${location.origin}/sign-in`;
}

function randomText() {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challenge(verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64Url(new Uint8Array(digest));
}

function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
