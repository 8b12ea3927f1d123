// Sign-in through Cognito's hosted UI: the authorization code flow with PKCE (RFC 7636). The state
// of a pending sign-in is in the tab's session storage.

import { ApiError } from "../shared/api.js";

/** Key in session storage. */
const PENDING_SIGN_IN = "sign_in_under_way";
/**
 * The scopes of docs/guide/cognito.md; Cognito refuses a scope that the app client does not allow. With the
 * second one the server can read the user's attributes when it sees a new user's token.
 */
const SCOPES = "openid aws.cognito.signin.user.admin";

/** Redirects to the hosted UI, which redirects back; `finishSignIn` then goes to `returnTo`. */
export async function startSignIn(settings, returnTo) {
  const verifier = randomString();
  const state = randomString();
  sessionStorage.setItem(PENDING_SIGN_IN, JSON.stringify({ verifier, state, returnTo }));
  const url = new URL("/oauth2/authorize", origin(settings));
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: settings.client_id,
    redirect_uri: redirectUri(settings),
    scope: SCOPES,
    state,
    code_challenge: await codeChallenge(verifier),
    code_challenge_method: "S256",
  });
  location.assign(url);
}

/**
 * Exchanges the authorization code in the URL for an access token. Null where the URL has no code
 * or the sign-in was not started in this tab.
 */
export async function finishSignIn(settings) {
  const query = new URLSearchParams(location.search);
  const pending = JSON.parse(sessionStorage.getItem(PENDING_SIGN_IN) ?? "null");
  if (!query.has("state") || query.get("state") !== pending?.state) return null;
  sessionStorage.removeItem(PENDING_SIGN_IN);
  history.replaceState(null, "", pending.returnTo);
  if (!query.has("code")) return null;
  const response = await fetch(new URL("/oauth2/token", origin(settings)), {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: settings.client_id,
      redirect_uri: redirectUri(settings),
      code: query.get("code"),
      code_verifier: pending.verifier,
    }),
  });
  if (!response.ok) throw new ApiError(response.status, "generic_401", "Cognito refused the sign-in. Sign in again.");
  return (await response.json()).access_token;
}

/** Ends Cognito's session too; otherwise the hosted UI would sign in again without a password. */
export function signOut(settings) {
  const url = new URL("/logout", origin(settings));
  url.search = new URLSearchParams({
    client_id: settings.client_id,
    logout_uri: redirectUri(settings),
  });
  location.assign(url);
}

function origin({ domain }) {
  return domain.includes("://") ? domain : `https://${domain}`;
}

function redirectUri(settings) {
  return settings.redirect_uri ?? `${location.origin}/sign-in`;
}

function randomString() {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

async function codeChallenge(verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64Url(new Uint8Array(digest));
}

function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
