import { Text, View } from "react-native";

export default function Home() {
  return (
    <View>
      <Text role="heading">Holdfast</Text>
    </View>
  );
}
