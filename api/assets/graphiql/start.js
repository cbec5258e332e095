// Starts GraphiQL against this server. The token typed in the bar stays in sessionStorage: it ends with the browser tab
// and is sent nowhere but to /graphql of the same origin.
"use strict";

(function () {
  const TOKEN_KEY = "ambito.token";
  const DEFAULT_QUERY = `# Il piano 2020 dell'Ambito 9: quanto costa ogni servizio, chi lo paga e con quale criterio.
# Incollare un token di accesso nella barra in alto, poi premere il pulsante di esecuzione (Ctrl+Invio).
query PianoAmbito9 {
  ambito(code: "9") {
    name
    plan(year: 2020) {
      status
      total
      municipalShare
      coverage {
        fund { code name }
        amount
      }
      budgets {
        service { code name }
        amount
        municipalShare
        rule { kind summary rounding }
        quotas {
          comune { istatCode name }
          amount
        }
        residue
      }
    }
  }
}
`;

  const form = document.getElementById("token-form");
  const field = document.getElementById("token");
  const state = document.getElementById("token-state");
  const root = ReactDOM.createRoot(document.getElementById("graphiql"));

  function readToken() {
    return sessionStorage.getItem(TOKEN_KEY) || "";
  }

  // A new function for each token: GraphiQL reads the schema again when its fetcher changes.
  function fetcherFor(token) {
    return async function fetcher(parameters, options) {
      if (token === "") {
        return { errors: [{ message: "Manca il token di accesso: incollarlo nella barra in alto e premere Usa." }] };
      }
      const headers = Object.assign(
        { "Accept-Language": "it" },
        options && options.headers,
        {
          "Accept": "application/graphql-response+json, application/json",
          "Content-Type": "application/json",
          "Authorization": "Bearer " + token,
        },
      );
      const response = await fetch("/graphql", {
        method: "POST",
        headers,
        body: JSON.stringify(parameters),
        credentials: "omit",
        cache: "no-store",
      });
      const text = await response.text();
      try {
        return JSON.parse(text);
      } catch {
        return { errors: [{ message: "Risposta non leggibile dal server (HTTP " + response.status + ")." }] };
      }
    };
  }

  function render() {
    const token = readToken();
    state.textContent = token === ""
      ? "Nessun token."
      : "Token in uso, conservato solo in questa scheda.";
    root.render(React.createElement(GraphiQL, {
      fetcher: fetcherFor(token),
      defaultQuery: DEFAULT_QUERY,
      // A token pasted among the headers must not be written to the disk of the browser.
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
    }));
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    const token = field.value.trim().replace(/^Bearer\s+/i, "");
    if (token === "") {
      return;
    }
    sessionStorage.setItem(TOKEN_KEY, token);
    field.value = "";
    render();
  });

  document.getElementById("token-forget").addEventListener("click", function () {
    sessionStorage.removeItem(TOKEN_KEY);
    field.value = "";
    render();
  });

  render();
})();
