import { useAnswer } from "../core";
import { Field } from "../ui/Field";
import { words } from "../words";
import { suggestions } from "./form";
import { Suggested, TagsField } from "./Tags";
import type { Drafting } from "./useDraft";

/** Name, note, category and tags. */
export function PlaceForm({ form }: { form: Drafting }) {
  const { data: inUse } = useAnswer({ call: "inUse" });
  const { draft, set, problem } = form;
  return (
    <>
      <Field
        label={words.place.name}
        placeholder={words.place.namePlaceholder}
        value={draft.name}
        onChangeText={(name) => set({ name })}
        problem={problem("name")}
        enterKeyHint="done"
        onSubmitEditing={() => void form.save()}
      />
      <Field label={words.place.note} placeholder={words.place.notePlaceholder} value={draft.note} onChangeText={(note) => set({ note })} problem={problem("note")} multiline />
      <Field
        label={words.place.category}
        placeholder={words.place.categoryPlaceholder}
        value={draft.category}
        onChangeText={(category) => set({ category })}
        problem={problem("category")}
        autoCapitalize="none"
        enterKeyHint="done"
        onSubmitEditing={() => void form.save()}
      />
      <Suggested
        label={words.place.category}
        options={suggestions(inUse?.categories ?? [], draft.category, [draft.category])}
        onUse={(category) => set({ category })}
      />
      <TagsField tags={draft.tags} typed={draft.typing} inUse={inUse?.tags ?? []} onChange={(tags, typing) => set({ tags, typing })} problem={problem("tags")} />
    </>
  );
}
