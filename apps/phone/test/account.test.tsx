import { beforeEach, expect, it, jest } from "@jest/globals";
import { render, screen } from "@testing-library/react-native";
import { Account } from "../src/settings/Account";
import { words } from "../src/words";
import { after, appOver } from "./app";
import { FakeCore } from "./core";
import { overview } from "./overview";

jest.mock("expo-router", () => ({ useRouter: () => ({ push: jest.fn() }) }));
beforeEach(() => {
  jest.useFakeTimers();
});

it("an account that is open does not hide what another one has left on this phone, nor show whose it is", async () => {
  const core = new FakeCore({ overview: () => overview({ account: {}, left: [{ email: "bob@example.org", changes: 2 }] as never }) });
  const App = appOver(core);
  render(
    <App>
      <Account />
    </App>,
  );
  await after();
  expect(screen.getByText(words.banners.left.title)).toBeTruthy();
  expect(screen.getByText(/2 changes of b…@e…\.org/)).toBeTruthy();
  expect(screen.queryByText(/bob@example\.org/)).toBeNull();
});
