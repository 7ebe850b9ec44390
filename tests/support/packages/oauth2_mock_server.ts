export * from "npm:oauth2-mock-server@9.3.0";
