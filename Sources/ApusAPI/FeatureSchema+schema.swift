import KubernetesModel
package import WorkerContract

extension FeatureSchema: SchemaDescribed {
  package static let schema = Schema.object(
    "The columns: what the model predicts and from what. The one place where columns are defined.",
    [
      .required("target", Target.schema),
      .required(
        "features",
        .list("The input columns.", of: Feature.schema, minimum: 1, maximum: 2000, type: .map(keys: ["name"]))),
      .optional(
        "timestamp",
        .columnName(
          "Column of the event's time, in one of the forms of docs/data.md; windows and ordered splits need it."
        ).nullable),
      .optional(
        "primaryKey",
        .list(
          "Columns that together identify a row; duplicates are reported.", of: .columnName("A column."), maximum: 32
        ).with(default: [])),
      .optional(
        "missing",
        .list(
          "Texts that mean a missing value, besides the empty one; without it NA, N/A, n/a, NaN, nan, NULL, null, None, ? "
            + "and -. One that is among a feature's categories or the target's classes stays a level there.",
          of: .string("A text.", minimum: 1, maximum: 64), maximum: 32)),
      .optional(
        "encoding",
        .enumeration(FeatureSchema.Encoding.self, "How the letters of CSV files are written; UTF-8 where absent.")),
    ],
    rules: [
      .init(
        "!self.features.exists(f, f.name == self.target.name)",
        "the target cannot be a feature: remove it from features", fieldPath: ".features")
    ])
}

extension FeatureSchema.Target: SchemaDescribed {
  package static let schema = Schema.object(
    "The column to predict.",
    [
      .required("name", .columnName("The column.")),
      .optional(
        "positive",
        .integerOrString("The class that counts as positive in binary metrics; else the last class in sorted order.")),
      .optional(
        "classes",
        .list(
          "The classes in order; learned from the training data (sorted) where empty.",
          of: .integerOrString("A class."),
          maximum: 1000
        ).with(default: [])),
    ])
}

extension FeatureSchema.Feature: SchemaDescribed {
  package static let schema = Schema.object(
    "One input column.",
    [
      .required("name", .columnName("The column.")),
      .required("type", .enumeration(FeatureSchema.FeatureType.self, "Whether values are numbers or levels.")),
      .optional(
        "nullable", .boolean("Whether the value may be missing; else a missing value is an error.", default: false)),
      .optional("minimum", .number("Smallest value of a numeric feature.")),
      .optional("maximum", .number("Largest value of a numeric feature.")),
      .optional(
        "categories",
        .list(
          "The levels of a categorical feature; learned from the training data where empty.",
          of: .integerOrString("A level."), maximum: 10000
        ).with(default: [])),
      .optional(
        "onUnknown",
        .enumeration(
          FeatureSchema.UnknownPolicy.self,
          "What serving does with an unseen level or a number out of bounds: reject answers 422, impute treats it as "
            + "missing, warn predicts and counts it.", default: .warn)),
    ],
    rules: [
      .init(
        "!has(self.minimum) || !has(self.maximum) || self.minimum <= self.maximum",
        "minimum is above maximum: swap them", fieldPath: ".minimum"),
      .init(
        "self.type == 'numeric' || (!has(self.minimum) && !has(self.maximum))",
        "only a numeric feature has a minimum or maximum: remove them or make the type numeric", fieldPath: ".type"),
      .init(
        "self.type == 'categorical' || !has(self.categories) || self.categories.size() == 0",
        "only a categorical feature has categories: remove them or make the type categorical", fieldPath: ".categories"),
    ])
}
