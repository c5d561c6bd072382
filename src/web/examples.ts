/** The example pictures, whose files come from the repository's `examples/`. */

import astronaut from '../../examples/astronaut.png?url';
import chelsea from '../../examples/chelsea.png?url';
import coffee from '../../examples/coffee.png?url';
import compositionViii from '../../examples/composition_viii.jpg?url';
import greatWave from '../../examples/great_wave.jpg?url';
import astronautSmall from '../../examples/thumbnails/astronaut.webp?url';
import chelseaSmall from '../../examples/thumbnails/chelsea.webp?url';
import coffeeSmall from '../../examples/thumbnails/coffee.webp?url';
import compositionViiiSmall from '../../examples/thumbnails/composition_viii.webp?url';
import greatWaveSmall from '../../examples/thumbnails/great_wave.webp?url';
import villageStreetSmall from '../../examples/thumbnails/village_street_auvers.webp?url';
import villageStreet from '../../examples/village_street_auvers.jpg?url';

export interface Example {
  /** How a link names it. */
  readonly id: string;
  readonly kind: 'photograph' | 'painting';
  /** Path in the repository, as the command line takes it. */
  readonly file: string;
  readonly title: string;
  /** Who made it. */
  readonly maker: string;
  readonly url: string;
  /** Of a small copy, some kilobytes, which `npm run thumbnails` makes. */
  readonly thumbnail: string;
}

export const examples: readonly Example[] = [
  {
    id: 'chelsea',
    kind: 'photograph',
    file: 'examples/chelsea.png',
    title: 'Chelsea the cat',
    maker: 'Stéfan van der Walt, CC0',
    url: chelsea,
    thumbnail: chelseaSmall,
  },
  {
    id: 'coffee',
    kind: 'photograph',
    file: 'examples/coffee.png',
    title: 'A cup of coffee',
    maker: 'Rachel Michetti, CC0',
    url: coffee,
    thumbnail: coffeeSmall,
  },
  {
    id: 'astronaut',
    kind: 'photograph',
    file: 'examples/astronaut.png',
    title: 'Eileen Collins',
    maker: 'NASA, public domain',
    url: astronaut,
    thumbnail: astronautSmall,
  },
  {
    id: 'great-wave',
    kind: 'painting',
    file: 'examples/great_wave.jpg',
    title: 'The Great Wave',
    maker: 'Hokusai, about 1831',
    url: greatWave,
    thumbnail: greatWaveSmall,
  },
  {
    id: 'composition-viii',
    kind: 'painting',
    file: 'examples/composition_viii.jpg',
    title: 'Composition VIII',
    maker: 'Kandinsky, 1923',
    url: compositionViii,
    thumbnail: compositionViiiSmall,
  },
  {
    id: 'village-street',
    kind: 'painting',
    file: 'examples/village_street_auvers.jpg',
    title: 'Village Street in Auvers',
    maker: 'Van Gogh, 1890',
    url: villageStreet,
    thumbnail: villageStreetSmall,
  },
];

export const firstContent = 'chelsea';
export const firstStyle = 'great-wave';

export function exampleOf(id: string): Example | undefined {
  return examples.find((example) => example.id === id);
}
