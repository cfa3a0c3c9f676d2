// The scalars of the schema; moments leave as ISO 8601 in UTC.
import { GraphQLScalarType } from 'graphql'

export const scalars = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: at => at instanceof Date ? at.toISOString() : at }),
  PartialDate: new GraphQLScalarType({ name: 'PartialDate', serialize: String }),
  NHSNumber: new GraphQLScalarType({ name: 'NHSNumber', serialize: String, parseValue: String }),
}
