import { useRouter } from "expo-router";
import { Button } from "../ui/Button";
import { Screen } from "../ui/Screen";
import { Type } from "../ui/Type";
import { words } from "../words";

export default function NotFound() {
  const router = useRouter();
  return (
    <Screen title={words.app} name={words.notFoundTitle}>
      <Type>{words.notFound}</Type>
      <Button title={words.place.toList} onPress={() => router.replace("/")} />
    </Screen>
  );
}
